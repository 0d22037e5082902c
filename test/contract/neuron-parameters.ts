import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../src/base/index.ts'
import { defineNeuron, noiseKeys, noiseValue } from '../../src/equations/index.ts'
import { callOf, currents } from './neuron.ts'
import { asHeld, type Contract, dense, expectClose } from './values.ts'

/** A leak for each neuron of a frame, times the potential; the steepness of a surrogate that is open everywhere is 0.5. */
const leaky = defineNeuron({
  name: 'leaky',
  learnable: { leak: { start: 'uniform(0.2, 0.8)', per: 'neuron' }, gain: { start: 1, per: 'channel' } },
  surrogate: { name: 'flat', alpha: 1, derivative: '0.5' },
  equations: 'u = leak * u + gain * x\ns = spike(u - 1)\nu = u - s',
})()

const noisy = defineNeuron({
  name: 'noisy',
  learnable: { sigma: 0.5 },
  equations: 'u = 0.5 * u + x + sigma * noise()\ns = u - 0.25 * noise()',
})()

/** Values for each neuron, and random numbers, on every backend. */
export function describeNeuronParameters({ backend, tolerance }: Contract): void {
  describe('parameters and random numbers of neurons', () => {
    test.each([[[5, 3, 6]], [[4, 2, 3, 3, 5]], [[3, 2, 2, 3, 8]], [[2, 1, 5, 7, 16]]])(
      'a value for each neuron, over [%s]',
      async (shape) => {
        const b = backend()
        const [T, N, ...frame] = shape
        const size = sizeOf(frame)
        const n = N * size
        const channels = frame[frame.length - 1]
        const x = asHeld(b, shape, currents(sizeOf(shape), 61))
        const g = dense(b, shape, 62)
        const leak = asHeld(
          b,
          frame,
          Float64Array.from({ length: size }, (_, i) => (1 + (i % 13)) / 16),
        )
        const gain = Float64Array.from({ length: channels }, (_, c) => 1 + (c % 3) / 8)
        const expected = { bytes: new Uint8Array(x.length), x: new Float64Array(x.length) }
        const [leakGradient, gainGradient] = [new Float64Array(size), new Float64Array(channels)]
        for (let i = 0; i < n; i++) {
          const [p, c] = [i % size, i % channels]
          let u = 0
          const before: number[] = []
          for (let t = 0; t < T; t++) {
            before.push(u)
            u = leak[p] * u + gain[c] * x[t * n + i]
            const s = u >= 1 ? 1 : 0
            expected.bytes[t * n + i] = s | 2
            u -= s
          }
          let back = 0
          for (let t = T - 1; t >= 0; t--) {
            const toU = back + 0.5 * (g.values[t * n + i] - back)
            expected.x[t * n + i] = gain[c] * toU
            leakGradient[p] += toU * before[t]
            gainGradient[c] += toU * x[t * n + i]
            back = leak[p] * toU
          }
        }
        const call = callOf(leaky, T, { parameters: [b.tensor(frame, leak), b.tensor([channels], gain)] })
        const handle = b.tensor(shape, x)
        const { output, saved } = b.neuron(handle, call)
        expect(await b.readBytes(output)).toEqual(expected.bytes)
        const r = b.neuronBackward(handle, output, saved ?? { handles: [] }, g.handle, null, call)
        await expectClose(b, r.input, shape, expected.x, tolerance)
        await expectClose(b, r.parameters[0], frame, leakGradient, 10 * tolerance)
        await expectClose(b, r.parameters[1], [channels], gainGradient, 10 * tolerance)
      },
    )

    test.each([[[4, 2, 7]], [[5, 3, 3, 2, 12]], [[2, 2, 9, 4, 16]]])(
      'noise() and the gradient of what it is multiplied by, over [%s]',
      async (shape) => {
        const b = backend()
        const [T, ...rest] = shape
        const n = sizeOf(rest)
        const x = asHeld(b, shape, currents(sizeOf(shape), 63))
        const g = dense(b, shape, 64)
        const noise = { key: 0xdeadbeef, step: 11 }
        const drawn = (t: number, place: number) => {
          const keys = noiseKeys(noise, t, place, 2)
          return Float64Array.from({ length: n }, (_, i) => noiseValue(keys, i))
        }
        const values = Array.from({ length: T }, (_, t) => [drawn(t, 0), drawn(t, 1)])
        const sigma = 0.5
        const [s, back] = [new Float64Array(x.length), new Float64Array(x.length)]
        let sigmaGradient = 0
        for (let i = 0; i < n; i++) {
          let u = 0
          for (let t = 0; t < T; t++) {
            u = 0.5 * u + x[t * n + i] + sigma * values[t][0][i]
            s[t * n + i] = u - 0.25 * values[t][1][i]
          }
          let toU = 0
          for (let t = T - 1; t >= 0; t--) {
            toU = 0.5 * toU + g.values[t * n + i]
            back[t * n + i] = toU
            sigmaGradient += toU * values[t][0][i]
          }
        }
        const call = callOf(noisy, T, { parameters: [b.tensor([1], [sigma])], noise, wantState: false })
        const handle = b.tensor(shape, x)
        const { output, saved } = b.neuron(handle, call)
        await expectClose(b, output, shape, s, tolerance)
        const r = b.neuronBackward(handle, output, saved ?? { handles: [] }, g.handle, null, call)
        await expectClose(b, r.input, shape, back, tolerance)
        await expectClose(b, r.parameters[0], [1], [sigmaGradient], 10 * tolerance)
      },
    )

    test('noise() that nobody asks for is 0', async () => {
      const b = backend()
      const x = dense(b, [3, 2, 5], 65)
      const call = callOf(noisy, 3, { parameters: [b.tensor([1], [2])], wantState: false, wantBackward: false })
      const y = x.values.slice()
      for (let i = 10; i < 30; i++) y[i] += 0.5 * y[i - 10]
      await expectClose(b, b.neuron(x.handle, call).output, [3, 2, 5], y, tolerance)
    })

    test('values are kept within bounds', async () => {
      const b = backend()
      const given = [-3, -0.5, 0, 0.25, 2, 7, -1]
      const x = b.tensor([7], given)
      b.clamp(x, -0.5, Number.POSITIVE_INFINITY)
      expect([...(await b.read(x))]).toEqual([-0.5, -0.5, 0, 0.25, 2, 7, -0.5])
      b.clamp(x, Number.NEGATIVE_INFINITY, 2)
      expect([...(await b.read(x))]).toEqual([-0.5, -0.5, 0, 0.25, 2, 2, -0.5])
    })
  })
}
