import { describe, expect, test } from 'vitest'
import type { NeuronCall, Normalisation } from '../../src/backends/index.ts'
import { ShapeError } from '../../src/base/index.ts'
import { clif, leakyReadout } from '../../src/neurons/index.ts'
import { type Contract, dense, expectClose, numbers, numericGradient } from './values.ts'

interface Vectors {
  readonly weight: Float64Array
  readonly bias: Float64Array
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/** BatchNorm over [T, rows, C] by its definition: new values, and the running statistics moved. */
function written(x: Float64Array, T: number, v: Vectors, mode: 'perStep' | 'merged' | 'evaluation') {
  const C = v.weight.length
  const y = x.slice()
  const mean = v.mean.slice()
  const variance = v.variance.slice()
  const groups = mode === 'perStep' ? T : 1
  const size = x.length / groups
  for (let group = 0; group < groups; group++)
    for (let c = 0; c < C; c++) {
      const at: number[] = []
      for (let i = group * size + c; i < (group + 1) * size; i += C) at.push(i)
      let m = at.reduce((sum, i) => sum + x[i], 0) / at.length
      let s2 = at.reduce((sum, i) => sum + (x[i] - m) ** 2, 0) / at.length
      if (mode === 'evaluation') {
        m = v.mean[c]
        s2 = v.variance[c]
      } else {
        mean[c] = 0.9 * mean[c] + 0.1 * m
        variance[c] = 0.9 * variance[c] + (0.1 * s2 * at.length) / (at.length - 1)
      }
      for (const i of at) y[i] = ((x[i] - m) / Math.sqrt(s2 + 1e-5)) * v.weight[c] + v.bias[c]
    }
  return { y, mean, variance }
}

/** A leaky readout, so that everything is smooth. */
function readout(x: Float64Array, T: number): Float64Array {
  const y = x.slice()
  const n = x.length / T
  for (let i = n; i < y.length; i++) y[i] += 0.5 * y[i - n]
  return y
}

function repeat(frame: Float64Array, T: number): Float64Array {
  return Float64Array.from({ length: T * frame.length }, (_, i) => frame[i % frame.length])
}

export function describeNormalisation({ backend, tolerance }: Contract): void {
  describe('BatchNorm in front of neurons', () => {
    for (const mode of ['perStep', 'merged', 'evaluation'] as const)
      for (const shape of [
        [3, 4, 5],
        [2, 2, 3, 2, 4],
        // More neurons than a kernel takes at once, with few channels: tables of channels are read again and again.
        [2, 30, 3],
        [2, 3, 3, 1, 16],
      ]) {
        test(`${mode}, [${shape}]`, () => check(mode, shape, shape[0]))
        test(`${mode}, one frame of [${shape}] repeated`, () => check(mode, [1, ...shape.slice(1)], 4))
      }

    test('statistics over a single value are refused', () => {
      const { call } = place('perStep', 3, 2)
      const x = backend().tensor([2, 1, 3], numbers(6, 71))
      expect(() => backend().neuron(x, call)).toThrow(ShapeError)
    })

    test('spikes behind it', async () => {
      const b = backend()
      const { call, vectors } = place('perStep', 5, 4)
      const x = dense(b, [4, 6, 5], 72)
      const { y } = written(x.values, 4, vectors, 'perStep')
      const { output } = b.neuron(x.handle, { ...call, neuron: clif() })
      const alone = b.neuron(b.tensor(x.shape, y), { ...call, neuron: clif(), normalisation: null })
      expect(await b.readBytes(output)).toEqual(await b.readBytes(alone.output))
    })
  })

  function place(mode: 'perStep' | 'merged' | 'evaluation', C: number, T: number) {
    const b = backend()
    const vectors: Vectors = {
      weight: numbers(C, 61).map((v) => 1 + v / 2),
      bias: numbers(C, 62),
      mean: numbers(C, 63).map((v) => v / 4),
      variance: numbers(C, 64).map((v) => 1 + v / 4),
    }
    const vector = (values: Float64Array) => b.tensor([C], values)
    const normalisation: Normalisation = {
      weight: vector(vectors.weight),
      bias: vector(vectors.bias),
      runningMean: vector(vectors.mean),
      runningVariance: vector(vectors.variance),
      eps: 1e-5,
      momentum: 0.1,
      statistics: mode === 'merged' ? 'merged' : 'perStep',
      training: mode !== 'evaluation',
    }
    const call: NeuronCall = {
      neuron: leakyReadout(),
      T,
      parameters: [],
      normalisation,
      state: null,
      wantState: false,
      wantBackward: true,
    }
    return { vectors, normalisation, call }
  }

  async function check(mode: 'perStep' | 'merged' | 'evaluation', shape: readonly number[], T: number) {
    const b = backend()
    const C = shape[shape.length - 1]
    const { vectors, normalisation, call } = place(mode, C, T)
    const x = dense(b, shape, 65)
    const whole = (frame: Float64Array) => (shape[0] === T ? frame : repeat(frame, T))
    const forward = (values: Float64Array, v: Vectors) => readout(written(whole(values), T, v, mode).y, T)
    const { output, saved } = b.neuron(x.handle, call)
    const full = [T, ...shape.slice(1)]
    await expectClose(b, output, full, forward(x.values, vectors), tolerance)
    const moved = written(whole(x.values), T, vectors, mode)
    await expectClose(b, normalisation.runningMean, [C], moved.mean, tolerance)
    await expectClose(b, normalisation.runningVariance, [C], moved.variance, tolerance)

    const g = dense(b, full, 66)
    const r = b.neuronBackward(x.handle, output, saved ?? { handles: [] }, g.handle, null, call)
    const numeric = Math.max(tolerance, 1e-7)
    const input = numericGradient((values) => forward(values, vectors), x.values, g.values)
    await expectClose(b, r.input, shape, input, numeric)
    const weight = numericGradient((w) => forward(x.values, { ...vectors, weight: w }), vectors.weight, g.values)
    await expectClose(b, r.normalisation?.weight, [C], weight, numeric)
    const bias = numericGradient((v) => forward(x.values, { ...vectors, bias: v }), vectors.bias, g.values)
    await expectClose(b, r.normalisation?.bias, [C], bias, numeric)
  }
}
