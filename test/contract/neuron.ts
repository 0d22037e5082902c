import { describe, expect, test } from 'vitest'
import type { Handle, NeuronCall } from '../../src/backends/index.ts'
import { sizeOf } from '../../src/base/index.ts'
import { defineNeuron, type Neuron } from '../../src/equations/index.ts'
import { clif, leakyReadout, lif, plif, relu } from '../../src/neurons/index.ts'
import { asHeld, type Contract, dense, expectClose, numbers, spikes } from './values.ts'

export const sigmoid = (v: number) => 1 / (1 + Math.exp(-v))

/** Currents that make neurons fire now and then, away from threshold and window edges by far more than float32's error. */
export function currents(size: number, key: number): Float64Array {
  return numbers(size, key).map((value) => Math.round((value * 1.2 + 0.4) * 4096) / 4096)
}

export function callOf(neuron: Neuron, T: number, more: Partial<NeuronCall> = {}): NeuronCall {
  const call = { neuron, T, parameters: [], normalisation: null, state: null, wantState: true, wantBackward: true }
  return { ...call, ...more }
}

export interface Written {
  readonly bytes: Uint8Array
  /** Gradient of the input, and of the start states. */
  readonly input: Float64Array
  readonly start: Float64Array[]
  /** States after the last step. */
  readonly end: Float64Array[]
}

/** CLIF, tau 2, threshold 1, soft reset, rectangle: forward and the recursion of its gradient, by hand. */
export function writtenClif(
  x: Float64Array,
  T: number,
  g: Float64Array,
  start: Float64Array[],
  last: Float64Array[],
): Written {
  const n = x.length / T
  const result = emptyResult(x.length, n, 2)
  for (let i = 0; i < n; i++) {
    let [u, m] = [start[0][i], start[1][i]]
    const steps: { u: number; before: number }[] = []
    for (let t = 0; t < T; t++) {
      u = 0.5 * u + x[t * n + i]
      steps.push({ u, before: m })
      const s = u >= 1 ? 1 : 0
      result.bytes[t * n + i] = s | (Math.abs(u - 1) <= 0.5 ? 2 : 0)
      m = m * sigmoid(u / 2) + s
      u -= s * (1 + sigmoid(m))
    }
    result.end[0][i] = u
    result.end[1][i] = m
    let [gu, gm] = [last[0][i], last[1][i]]
    for (let t = T - 1; t >= 0; t--) {
      const step = steps[t]
      const s = step.u >= 1 ? 1 : 0
      const leak = sigmoid(step.u / 2)
      const b = sigmoid(step.before * leak + s)
      const toM = gm - gu * s * b * (1 - b)
      const toS = g[t * n + i] - gu * (1 + b) + toM
      const toU = gu + toS * (Math.abs(step.u - 1) <= 0.5 ? 1 : 0) + (toM * step.before * leak * (1 - leak)) / 2
      result.input[t * n + i] = toU
      gu = 0.5 * toU
      gm = toM * leak
    }
    result.start[0][i] = gu
    result.start[1][i] = gm
  }
  return result
}

/** LIF with leak 1 - 1/tau, threshold 1, soft reset, rectangle, by hand; and dL/d(leak), with each step's share. */
export function writtenLif(
  x: Float64Array,
  T: number,
  g: Float64Array,
  leak: number,
  start: Float64Array,
  last: Float64Array,
): Written & { leak: number; shares: Float64Array } {
  const n = x.length / T
  const result = emptyResult(x.length, n, 1)
  let leakGradient = 0
  const shares = new Float64Array(x.length)
  for (let i = 0; i < n; i++) {
    let u = start[i]
    const charged: number[] = []
    const before: number[] = []
    for (let t = 0; t < T; t++) {
      before.push(u)
      u = leak * u + x[t * n + i]
      charged.push(u)
      const s = u >= 1 ? 1 : 0
      result.bytes[t * n + i] = s | (Math.abs(u - 1) <= 0.5 ? 2 : 0)
      u -= s
    }
    result.end[0][i] = u
    let gu = last[i]
    for (let t = T - 1; t >= 0; t--) {
      const toU = gu + (g[t * n + i] - gu) * (Math.abs(charged[t] - 1) <= 0.5 ? 1 : 0)
      result.input[t * n + i] = toU
      shares[t * n + i] = toU * before[t]
      leakGradient += shares[t * n + i]
      gu = leak * toU
    }
    result.start[0][i] = gu
  }
  return { ...result, leak: leakGradient, shares }
}

function emptyResult(size: number, n: number, states: number): Written {
  const vectors = () => Array.from({ length: states }, () => new Float64Array(n))
  return { bytes: new Uint8Array(size), input: new Float64Array(size), start: vectors(), end: vectors() }
}

/** `((a0 + a1) + ...)`, as a tree, so that it is not too deep. */
function sumOf(states: readonly number[], from = 0): string {
  const half = states.length >> 1
  if (half === 0) return `a${from}`
  return `(${sumOf(states.slice(0, half), from)} + ${sumOf(states.slice(half), from + half)})`
}

/** The error function as the integral that it is, by Simpson's rule. */
function erfByIntegral(x: number): number {
  const n = 400
  const f = (i: number) => Math.exp(-(((x * i) / n) ** 2))
  let sum = f(0) + f(n)
  for (let i = 1; i < n; i++) sum += (i % 2 ? 4 : 2) * f(i)
  return ((2 / Math.sqrt(Math.PI)) * sum * x) / n / 3
}

export function describeNeuron({ backend, tolerance }: Contract): void {
  describe('neuron', () => {
    for (const shape of [
      [6, 3, 5],
      [4, 2, 3, 3, 7],
      [9, 1, 2, 2, 16],
      [2, 9, 3, 3, 6],
    ]) {
      test(`clif over [${shape}], from a given state, with a gradient of the last one`, () => checkClif(shape))
      test(`lif over [${shape}]`, () => checkLif(shape))
    }

    test('a learnable leak: plif', async () => {
      const b = backend()
      const shape = [5, 4, 6]
      const [T] = shape
      const size = sizeOf(shape.slice(1))
      const x = currents(sizeOf(shape), 41)
      const g = dense(b, shape, 42)
      const w = 0.25
      const expected = writtenLif(x, T, g.values, 1 - sigmoid(w), new Float64Array(size), new Float64Array(size))
      const call = callOf(plif(), T, { parameters: [b.tensor([1], [w])] })
      const handle = b.tensor(shape, x)
      const { output, saved } = b.neuron(handle, call)
      expect(await b.readBytes(output)).toEqual(expected.bytes)
      const r = b.neuronBackward(handle, output, saved ?? { handles: [] }, g.handle, null, call)
      await expectClose(b, r.input, shape, expected.input, tolerance)
      const slope = -sigmoid(w) * (1 - sigmoid(w))
      await expectClose(b, r.parameters[0], [1], [expected.leak * slope], 10 * tolerance)
      expect(r.state).toBe(null)
    })

    test('one frame repeated over time: its gradient is the sum over time', async () => {
      const b = backend()
      const frame = currents(24, 43)
      const T = 6
      const g = dense(b, [T, 2, 3, 4], 44)
      const zeros = [new Float64Array(24), new Float64Array(24)]
      const repeated = Float64Array.from({ length: T * 24 }, (_, i) => frame[i % 24])
      const expected = writtenClif(repeated, T, g.values, zeros, zeros)
      const x = b.tensor([1, 2, 3, 4], frame)
      const call = callOf(clif(), T)
      const { output, saved } = b.neuron(x, call)
      expect(output.shape).toEqual([T, 2, 3, 4])
      expect(await b.readBytes(output)).toEqual(expected.bytes)
      const r = b.neuronBackward(x, output, saved ?? { handles: [] }, g.handle, null, call)
      const summed = new Float64Array(24)
      expected.input.forEach((value, i) => {
        summed[i % 24] += value
      })
      await expectClose(b, r.input, [1, 2, 3, 4], summed, tolerance)
    })

    test('dense outputs: a leaky readout and relu', async () => {
      const b = backend()
      const shape = [3, 2, 5]
      const x = dense(b, shape, 45)
      const g = dense(b, shape, 46)
      const readout = callOf(leakyReadout(), 3, { wantState: false })
      const result = b.neuron(x.handle, readout)
      const y = x.values.slice()
      for (let i = 10; i < 30; i++) y[i] += 0.5 * y[i - 10]
      expect(result.output.kind).toBe('dense')
      expect(result.state).toBe(null)
      await expectClose(b, result.output, shape, y, tolerance)
      const back = g.values.slice()
      for (let i = 19; i >= 0; i--) back[i] += 0.5 * back[i + 10]
      const saved = result.saved ?? { handles: [] }
      const r = b.neuronBackward(x.handle, result.output, saved, g.handle, null, readout)
      await expectClose(b, r.input, shape, back, tolerance)

      const rectified = callOf(relu(), 3, { wantState: false })
      const z = b.neuron(x.handle, rectified)
      await expectClose(
        b,
        z.output,
        shape,
        x.values.map((v) => Math.max(0, v)),
        tolerance,
      )
      const rz = b.neuronBackward(x.handle, z.output, z.saved ?? { handles: [] }, g.handle, null, rectified)
      await expectClose(
        b,
        rz.input,
        shape,
        g.values.map((v, i) => (x.values[i] > 0 ? v : 0)),
        tolerance,
      )
    })

    test('spikes as input count as 0 or their scale', async () => {
      const b = backend()
      const shape = [4, 2, 5]
      const x = spikes(b, shape, 0.4, 0.8, 48)
      const g = dense(b, shape, 49)
      const zeros = new Float64Array(10)
      const expected = writtenLif(x.values, 4, g.values, 0.5, zeros, zeros)
      const call = callOf(lif(), 4)
      const { output, saved } = b.neuron(x.handle, call)
      expect(await b.readBytes(output)).toEqual(expected.bytes)
      const r = b.neuronBackward(x.handle, output, saved ?? { handles: [] }, g.handle, null, call)
      await expectClose(b, r.input, shape, expected.input, tolerance)
    })

    test('forty states: more than registers hold', async () => {
      const b = backend()
      const shape = [5, 2, 3, 7]
      const [T] = shape
      const n = sizeOf(shape) / T
      const x = asHeld(b, shape, currents(sizeOf(shape), 57))
      const g = dense(b, shape, 58)
      const leaks = Array.from({ length: 40 }, (_, i) => (i + 1) / 64)
      const equations = [
        ...leaks.map((leak, i) => `a${i} = a${i} * ${leak} + x / 40`),
        `s = spike(${sumOf(leaks)} - 1)`,
      ]
      const call = callOf(defineNeuron({ name: 'forty', equations: equations.join('\n') })(), T, { wantState: false })
      const bytes = new Uint8Array(x.length)
      const expected = new Float64Array(x.length)
      for (let i = 0; i < n; i++) {
        const a = leaks.map(() => 0)
        const back = leaks.map(() => 0)
        for (let t = 0; t < T; t++) {
          leaks.forEach((leak, k) => {
            a[k] = a[k] * leak + x[t * n + i] / 40
          })
          const v = a.reduce((sum, value) => sum + value) - 1
          bytes[t * n + i] = (v >= 0 ? 1 : 0) | (Math.abs(v) <= 0.5 ? 2 : 0)
        }
        for (let t = T - 1; t >= 0; t--) {
          const toV = bytes[t * n + i] & 2 ? g.values[t * n + i] : 0
          leaks.forEach((leak, k) => {
            back[k] = back[k] * leak + toV
            expected[t * n + i] += back[k] / 40
          })
        }
      }
      const handle = b.tensor(shape, x)
      const { output, saved } = b.neuron(handle, call)
      expect(await b.readBytes(output)).toEqual(bytes)
      const r = b.neuronBackward(handle, output, saved ?? { handles: [] }, g.handle, null, call)
      await expectClose(b, r.input, shape, expected, tolerance)
    })

    test.each([
      ['sin(2 * x)', (v: number) => Math.sin(2 * v), (v: number) => 2 * Math.cos(2 * v)],
      ['cos(3 * x)', (v: number) => Math.cos(3 * v), (v: number) => -3 * Math.sin(3 * v)],
      [
        'where(x - 0.25, x * x, 1 - x)',
        (v: number) => (v >= 0.25 ? v * v : 1 - v),
        (v: number) => (v >= 0.25 ? 2 * v : -1),
      ],
      ['floor(4 * x)', (v: number) => Math.floor(4 * v), () => 4],
      ['round(5 * x)', (v: number) => Math.round(5 * v), () => 5],
      ['erf(x)^2', undefined, (v: number) => (4 / Math.sqrt(Math.PI)) * Math.exp(-v * v)],
    ] as const)('%s and its gradient', async (expression, value, slope) => {
      const b = backend()
      const shape = [1, 3, 5, 7, 4]
      // Away from where the functions jump.
      const x = asHeld(
        b,
        shape,
        numbers(sizeOf(shape), 59).map((v) => Math.round(v * 997) / 499),
      )
      const g = dense(b, shape, 60)
      const call = callOf(defineNeuron({ name: 'one', equations: `s = ${expression}` })(), 1, { wantState: false })
      const handle = b.tensor(shape, x)
      const { output, saved } = b.neuron(handle, call)
      if (value) await expectClose(b, output, shape, x.map(value), tolerance)
      const of = value ? (v: number) => slope(v) : (v: number) => slope(v) * erfByIntegral(v)
      const r = b.neuronBackward(handle, output, saved ?? { handles: [] }, g.handle, null, call)
      await expectClose(
        b,
        r.input,
        shape,
        x.map((v, i) => g.values[i] * of(v)),
        tolerance,
      )
    })

    test('without backward nothing is saved', () => {
      const b = backend()
      const x = dense(b, [2, 2, 3], 47)
      const result = b.neuron(x.handle, callOf(lif(), 2, { wantBackward: false, wantState: false }))
      expect(result.saved).toBe(null)
    })
  })

  async function checkClif(shape: readonly number[]): Promise<void> {
    const b = backend()
    const [T, ...frame] = shape
    const x = asHeld(b, shape, currents(sizeOf(shape), 51))
    const g = dense(b, shape, 52)
    const start = [dense(b, frame, 53), dense(b, frame, 54)]
    const last = [dense(b, frame, 55), dense(b, frame, 56)]
    const order = clif().program.states.map((state) => ['u', 'm'].indexOf(state.name))
    const expected = writtenClif(
      x,
      T,
      g.values,
      start.map((s) => s.values),
      last.map((s) => s.values),
    )
    const call = callOf(clif(), T, { state: order.map((k) => start[k].handle) })
    const handle = b.tensor(shape, x)
    const { output, state, saved } = b.neuron(handle, call)
    expect(output.kind).toBe('spikes')
    expect(await b.readBytes(output)).toEqual(expected.bytes)
    const lastGiven = order.map((k) => last[k].handle)
    const r = b.neuronBackward(handle, output, saved ?? { handles: [] }, g.handle, lastGiven, call)
    await expectClose(b, r.input, shape, expected.input, tolerance)
    for (const [at, k] of order.entries()) {
      await expectClose(b, (state as Handle[])[at], frame, expected.end[k], tolerance)
      await expectClose(b, (r.state as Handle[])[at], frame, expected.start[k], tolerance)
    }
  }

  async function checkLif(shape: readonly number[]): Promise<void> {
    const b = backend()
    const [T, ...frame] = shape
    const zeros = new Float64Array(sizeOf(frame))
    const x = asHeld(b, shape, currents(sizeOf(shape), 57))
    const g = dense(b, shape, 58)
    const expected = writtenLif(x, T, g.values, 0.5, zeros, zeros)
    const handle = b.tensor(shape, x)
    const call = callOf(lif(), T)
    const { output, state, saved } = b.neuron(handle, call)
    expect(await b.readBytes(output)).toEqual(expected.bytes)
    await expectClose(b, state?.[0], frame, expected.end[0], tolerance)
    const r = b.neuronBackward(handle, output, saved ?? { handles: [] }, g.handle, null, call)
    await expectClose(b, r.input, shape, expected.input, tolerance)
  }
}
