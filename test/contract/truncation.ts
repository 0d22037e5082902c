import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../src/base/index.ts'
import { defineNeuron, type Truncation } from '../../src/equations/index.ts'
import { clif, lif, plif } from '../../src/neurons/index.ts'
import { callOf, currents, sigmoid, writtenClif, writtenLif } from './neuron.ts'
import { type Contract, dense, expectClose, numbers } from './values.ts'

const kinds = ['window', 'prefix'] as const

/** The last step that step t hears of, said anew. */
function horizon(t: number, T: number, { k, kind }: Truncation): number {
  if (kind === 'prefix') return t < k ? Math.min(k, T) - 1 : t
  return Math.min(T - 1, t + k - 1)
}

/** An output gradient without what comes after step `last`. */
function cut(g: Float64Array, last: number, n: number): Float64Array {
  return g.map((value, i) => (Math.floor(i / n) <= last ? value : 0))
}

/** Truncated backpropagation through time, `call.truncation`. */
export function describeTruncation({ backend, tolerance }: Contract): void {
  describe('truncated in time', () => {
    for (const kind of kinds)
      for (const k of [1, 2, 3, 6, 9])
        test(`clif, ${kind} of ${k}, from a given state, with a gradient of the last one`, async () => {
          const b = backend()
          const shape = [6, 2, 3, 3, 7]
          const [T, ...frame] = shape
          const n = sizeOf(frame)
          const x = currents(sizeOf(shape), 71)
          const g = dense(b, shape, 72)
          const start = [numbers(n, 73), numbers(n, 74)]
          const last = [numbers(n, 75), numbers(n, 76)]
          const zeros = [new Float64Array(n), new Float64Array(n)]
          const truncation = { k, kind }
          const order = clif().program.states.map((state) => ['u', 'm'].indexOf(state.name))
          const expected = { input: new Float64Array(x.length), start: zeros }
          for (let t = 0; t < T; t++) {
            const end = horizon(t, T, truncation)
            const one = writtenClif(x, T, cut(g.values, end, n), start, end === T - 1 ? last : zeros)
            expected.input.set(one.input.subarray(t * n, (t + 1) * n), t * n)
            if (t === 0) expected.start = one.start as typeof zeros
          }
          const state = order.map((i) => b.tensor(frame, start[i]))
          const call = callOf(clif(), T, { state, truncation })
          const handle = b.tensor(shape, x)
          const { output, saved } = b.neuron(handle, call)
          const ends = order.map((i) => b.tensor(frame, last[i]))
          const r = b.neuronBackward(handle, output, saved ?? { handles: [] }, g.handle, ends, call)
          await expectClose(b, r.input, shape, expected.input, tolerance)
          for (const [at, i] of order.entries())
            await expectClose(b, r.state?.[at], frame, expected.start[i], tolerance)
        })

    for (const kind of kinds)
      for (const k of [1, 2, 5])
        test(`a learned leak, ${kind} of ${k}`, async () => {
          const b = backend()
          const shape = [5, 3, 6]
          const [T, ...frame] = shape
          const n = sizeOf(frame)
          const x = currents(sizeOf(shape), 81)
          const g = dense(b, shape, 82)
          const w = 0.25
          const zeros = new Float64Array(n)
          const input = new Float64Array(x.length)
          let leak = 0
          for (let t = 0; t < T; t++) {
            const one = writtenLif(x, T, cut(g.values, horizon(t, T, { k, kind }), n), 1 - sigmoid(w), zeros, zeros)
            for (let i = t * n; i < (t + 1) * n; i++) {
              input[i] = one.input[i]
              leak += one.shares[i]
            }
          }
          const call = callOf(plif(), T, { parameters: [b.tensor([1], [w])], truncation: { k, kind } })
          const handle = b.tensor(shape, x)
          const { output, saved } = b.neuron(handle, call)
          const r = b.neuronBackward(handle, output, saved ?? { handles: [] }, g.handle, null, call)
          await expectClose(b, r.input, shape, input, tolerance)
          await expectClose(b, r.parameters[0], [1], [-leak * sigmoid(w) * (1 - sigmoid(w))], 10 * tolerance)
        })

    test('one frame repeated, with BatchNorm, and dense outputs: k = T is the whole gradient', async () => {
      const b = backend()
      const frame = [3, 2, 2, 4]
      const T = 5
      const dims = [4]
      const decaying = defineNeuron({ name: 'graded', equations: 'u = 0.7 * u + x\ns = tanh(u)\nu = u - 0.5 * s' })()
      for (const neuron of [lif(), clif(), decaying]) {
        const x = b.tensor([1, ...frame], currents(sizeOf(frame), 91))
        const g = dense(b, [T, ...frame], 92)
        const normalisation = {
          weight: b.tensor(dims, [1, 1.5, 0.8, 1.2]),
          bias: b.tensor(dims, [0.5, 0.4, 0.6, 0.3]),
          runningMean: b.tensor(dims, null),
          runningVariance: b.tensor(dims, [1, 1, 1, 1]),
          eps: 1e-5,
          momentum: 0.1,
          statistics: 'perStep' as const,
          training: true,
        }
        const gradients = async (truncation: Truncation | null) => {
          const call = callOf(neuron, T, { normalisation, truncation })
          const { output, saved } = b.neuron(x, call)
          const r = b.neuronBackward(x, output, saved ?? { handles: [] }, g.handle, null, call)
          const all = [r.input, r.normalisation!.weight, r.normalisation!.bias]
          return (await Promise.all(all.map((handle) => b.read(handle)))).flatMap((values) => [...values])
        }
        const whole = await gradients(null)
        const size = Math.max(...whole.map(Math.abs))
        for (const kind of kinds) {
          const same = await gradients({ k: T, kind })
          expect(Math.max(...same.map((value, i) => Math.abs(value - whole[i]))) / size).toBeLessThanOrEqual(1e-6)
          const shorter = await gradients({ k: 2, kind })
          expect(Math.max(...shorter.map((value, i) => Math.abs(value - whole[i]))) / size).toBeGreaterThan(1e-3)
        }
      }
    })
  })
}
