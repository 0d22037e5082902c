import { describe, expect, test } from 'vitest'
import type { Backend, Handle } from '../../src/backends/index.ts'
import { type Shape, sizeOf } from '../../src/base/index.ts'
import { defineNeuron } from '../../src/equations/index.ts'
import { callOf } from './neuron.ts'
import { type Contract, expectClose, numbers } from './values.ts'

/** u - 0.5, u - 1.5, ... as spikes: the nearest whole number of u, from 0 to D, with rectangles that tile its range. */
const counting = (D: number, surrogate: object = {}) =>
  defineNeuron({
    name: 'counting',
    equations: `u = 0.5 * u + x
      s = ${Array.from({ length: D }, (_, k) => `spike(u - ${k}.5)`).join(' + ')}
      u = u - s`,
    ...surrogate,
  })()

const plain = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const

interface Written {
  readonly s: Float64Array
  /** dL/dx for dL/ds. */
  back(g: ArrayLike<number>): Float64Array
}

/** Counts of neurons [T, n] that never come near an edge, and the recursion of their gradient, by hand. */
function written(x: Float64Array, T: number, D: number): Written {
  const n = x.length / T
  const [s, charged] = [new Float64Array(x.length), new Float64Array(x.length)]
  for (let i = 0; i < n; i++) {
    let u = 0
    for (let at = i; at < x.length; at += n) {
      u = 0.5 * u + x[at]
      charged[at] = u
      s[at] = Math.min(D, Math.max(0, Math.floor(u + 0.5)))
      u -= s[at]
    }
  }
  const back = (g: ArrayLike<number>) => {
    const result = new Float64Array(x.length)
    for (let i = 0; i < n; i++) {
      let next = 0
      for (let t = T - 1; t >= 0; t--) {
        const at = t * n + i
        const open = charged[at] >= 0 && charged[at] <= D ? 1 : 0
        result[at] = next + (g[at] - next) * open
        next = 0.5 * result[at]
      }
    }
    return result
  }
  return { s, back }
}

/** Currents on a grid that halving keeps off all edges. */
const currents = (size: number, D: number) =>
  numbers(size, 70).map((v) => (Math.round((v * D + D * 0.3) * 64) + 0.37) / 64)

/** Neurons that count their spikes: whatever a backend makes of them, values and gradients are those of numbers. */
export function describeCounted({ backend, tolerance }: Contract): void {
  const gradientOf = (b: Backend, shape: Shape, key: number) => {
    const values =
      b.info.name === 'interpreter'
        ? numbers(sizeOf(shape), key)
        : Float64Array.from(Float32Array.from(numbers(sizeOf(shape), key)))
    return { values, handle: b.tensor(shape, values) }
  }

  describe('counted spikes', () => {
    test.each([
      [1, [4, 2, 3, 3, 8]],
      [2, [3, 2, 5]],
      [4, [5, 2, 3, 3, 12]],
      [7, [3, 1, 4, 2, 32]],
      [9, [3, 1, 2, 2, 8]],
    ] as const)('up to %i over [%s]: values, gradients, activity', async (D, shape) => {
      const b = backend()
      const x = Float64Array.from(Float32Array.from(currents(sizeOf(shape), D)))
      const expected = written(x, shape[0], D)
      expect(new Set(expected.s).size).toBe(D + 1)
      const call = callOf(counting(D), shape[0], { wantState: false })
      const handle = b.tensor(shape, x)
      const { output, saved } = b.neuron(handle, call)
      await expectClose(b, output, shape, expected.s, tolerance)
      const [active, all] = [await b.read(b.activity(output)), await b.read(b.activity(output, true))]
      expect(active[0]).toBe(expected.s.filter((v) => v > 0).length)
      expect(all[0]).toBe(expected.s.reduce((sum, v) => sum + v, 0))
      const g = gradientOf(b, shape, 71)
      const r = b.neuronBackward(handle, output, saved ?? { handles: [] }, g.handle, null, call)
      await expectClose(b, r.input, shape, expected.back(g.values), tolerance)
    })

    test.each([
      [4, 16, 20],
      [7, 12, 8],
      [3, 64, 32],
    ])('up to %i of %i channels behind a convolution, a linear layer and a pool', async (D, channels, outputs) => {
      const b = backend()
      const shape = [3, 2, 4, 4, channels]
      const x = Float64Array.from(Float32Array.from(currents(sizeOf(shape), D)))
      const expected = written(x, 3, D)
      const call = callOf(counting(D), 3, { wantState: false })
      const { output, saved } = b.neuron(b.tensor(shape, x), call)
      const numbersOf = b.tensor(shape, expected.s)
      const weight = gradientOf(b, [3, 3, channels, outputs], 72).handle
      const same = async (a: Handle, e: Handle) =>
        expectClose(b, a, e.shape, Float64Array.from(await b.read(e)), 4 * tolerance)
      const y = b.conv2d(output, weight, null, null, plain)
      await same(y, b.conv2d(numbersOf, weight, null, null, plain))
      const g = gradientOf(b, y.shape, 73).handle
      const all = { input: 'open', weight: true, bias: false } as const
      const [got, wanted] = [output, numbersOf].map((of) => b.conv2dBackward(of, weight, g, plain, all))
      await same(got.weight as Handle, wanted.weight as Handle)
      // Where windows are closed nobody asks: through the neuron both are one.
      const [mine, full] = [got.input as Handle, wanted.input as Handle].map(
        (gradient) =>
          b.neuronBackward(b.tensor(shape, x), output, saved ?? { handles: [] }, gradient, null, call).input,
      )
      await same(mine, full)
      const features = gradientOf(b, [16 * channels, 5], 74).handle
      await same(b.linear(output, features, null), b.linear(numbersOf, features, null))
      for (const kind of ['average', 'max'] as const) {
        const options = { kind, kernel: [2, 2], stride: [2, 2], padding: [0, 0] } as const
        await same(b.pool(output, options), b.pool(numbersOf, options))
        const pooled = gradientOf(b, [3, 2, 2, 2, channels], 75).handle
        await same(b.poolBackward(output, pooled, options, 'full'), b.poolBackward(numbersOf, pooled, options, 'full'))
      }
      await same(
        b.conv2d(numbersOf, gradientOf(b, [1, 1, channels, channels], 76).handle, null, output, {
          ...plain,
          padding: [0, 0],
        }),
        b.conv2d(numbersOf, gradientOf(b, [1, 1, channels, channels], 76).handle, null, numbersOf, {
          ...plain,
          padding: [0, 0],
        }),
      )
      await same(b.dropout(output, 0.4, 77), b.dropout(numbersOf, 0.4, 77))
      await same(b.concat([b.slice(output, 1, 2), output]), b.concat([b.slice(numbersOf, 1, 2), numbersOf]))
    })

    test.each([
      ['round(min(max(u, 0), 4))', 4],
      ['round(max(min(6, u), 0))', 6],
      ['min(relu(u), 3) * 1', 0],
      ['floor(min(relu(u + 0.5), 5.5))', 5],
    ] as const)('%s counts up to %i', async (expression, D) => {
      const b = backend()
      const shape = [3, 2, 3, 3, 16]
      const neuron = defineNeuron({ name: 'rounded', equations: `u = 0.5 * u + x\ns = ${expression}\nu = u - s` })()
      expect(neuron.program.levels).toBe(D)
      if (D === 0) return
      const x = Float64Array.from(Float32Array.from(currents(sizeOf(shape), D)))
      const expected = written(x, shape[0], D)
      const call = callOf(neuron, shape[0], { wantState: false })
      const handle = b.tensor(shape, x)
      const { output, saved } = b.neuron(handle, call)
      await expectClose(b, output, shape, expected.s, tolerance)
      expect((await b.read(b.activity(output, true)))[0]).toBe(expected.s.reduce((sum, v) => sum + v, 0))
      const g = gradientOf(b, [3, 3, 16, 8], 79).handle
      const y = b.conv2d(output, g, null, null, plain)
      const back = gradientOf(b, y.shape, 80).handle
      const wanted = { input: 'open', weight: false, bias: false } as const
      const numbersOf = b.tensor(shape, expected.s)
      const [got, full] = [output, numbersOf].map((of) => b.conv2dBackward(of, g, back, plain, wanted).input as Handle)
      const input = b.neuronBackward(handle, output, saved ?? { handles: [] }, got, null, call).input
      const slopes =
        D === 5
          ? await b.read(b.neuronBackward(handle, output, saved ?? { handles: [] }, full, null, call).input)
          : expected.back(await b.read(full))
      await expectClose(b, input, shape, Float64Array.from(slopes), 4 * tolerance)
    })

    test('a surrogate without a window leaves every place open', async () => {
      const b = backend()
      const shape = [2, 1, 2, 2, 8]
      const neuron = counting(3, { surrogate: { name: 'flat', alpha: 1, derivative: '0.25' } })
      const x = Float64Array.from(Float32Array.from(currents(sizeOf(shape), 3)))
      const call = callOf(neuron, 2, { wantState: false })
      const { output } = b.neuron(b.tensor(shape, x), call)
      expect((await b.read(b.activity(output)))[1]).toBe(sizeOf(shape))
    })

    test('one spike beside others is a spike', async () => {
      const b = backend()
      const shape = [4, 2, 2, 2, 8]
      const neuron = defineNeuron({
        name: 'two',
        equations: 'u = 0.5 * u + x\nr = spike(u - 2)\ns = spike(u - 1)\nu = u - s - r',
      })()
      const x = Float64Array.from(Float32Array.from(currents(sizeOf(shape), 4)))
      const [s, charged] = [new Float64Array(x.length), new Float64Array(x.length)]
      const n = x.length / 4
      for (let i = 0; i < n; i++) {
        let u = 0
        for (let at = i; at < x.length; at += n) {
          u = 0.5 * u + x[at]
          charged[at] = u
          s[at] = u >= 1 ? 1 : 0
          u -= s[at] + (u >= 2 ? 1 : 0)
        }
      }
      const call = callOf(neuron, 4, { wantState: false })
      const handle = b.tensor(shape, x)
      const { output, saved } = b.neuron(handle, call)
      await expectClose(b, output, shape, s, tolerance)
      const g = gradientOf(b, shape, 78)
      const expected = new Float64Array(x.length)
      for (let i = 0; i < n; i++) {
        let next = 0
        for (let t = 3; t >= 0; t--) {
          const at = t * n + i
          const [one, two] = [1, 2].map((edge) => (Math.abs(charged[at] - edge) <= 0.5 ? 1 : 0))
          expected[at] = next + (g.values[at] - next) * one - next * two
          next = 0.5 * expected[at]
        }
      }
      const r = b.neuronBackward(handle, output, saved ?? { handles: [] }, g.handle, null, call)
      await expectClose(b, r.input, shape, expected, tolerance)
    })
  })
}
