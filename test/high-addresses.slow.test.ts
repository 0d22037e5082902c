import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Backend, createWasm, type Handle } from '../src/backends/index.ts'
import { hashedUniform, sizeOf } from '../src/base/index.ts'
import { clif } from '../src/neurons/index.ts'

/**
 * Addresses above 2 GiB have the sign bit set: a kernel that compares or divides them as signed numbers goes wrong there
 * and nowhere else. The same layers run once low and once behind 2.2 GiB that something else holds.
 */
let low: Backend
let high: Backend
let filler: Handle

beforeAll(async () => {
  low = await createWasm()
  high = await createWasm()
  filler = high.tensor([2.2 * 2 ** 28], null)
})

afterAll(async () => {
  high.release(filler)
  await Promise.all([low.close(), high.close()])
})

const values = (shape: readonly number[], key: number) =>
  Float32Array.from(hashedUniform(sizeOf(shape), key), (v) => 2 * v - 1)

async function layers(backend: Backend): Promise<Float32Array[]> {
  const tensor = (shape: number[], key: number) => backend.tensor(shape, values(shape, key))
  const bytes = Uint8Array.from(values([2 * 2 * 9 * 9 * 16], 1), (v) => (v > 0.7 ? 1 : 0) | (v * v < 0.1 ? 2 : 0))
  const spikes = backend.spikes([2, 2, 9, 9, 16], bytes, 1)
  const options = { stride: [2, 2], padding: [1, 1], dilation: [1, 1], groups: 1 } as const
  const weight = tensor([3, 3, 16, 24], 2)
  const y = backend.conv2d(spikes, weight, tensor([24], 3), null, options)
  const dense = backend.conv2d(tensor([2, 2, 9, 9, 16], 4), weight, null, null, options)
  const gradient = tensor([2, 2, 5, 5, 24], 5)
  const want = { input: 'open', weight: true, bias: true } as const
  const back = backend.conv2dBackward(spikes, weight, gradient, options, want)
  const neuron = clif()
  const call = {
    neuron,
    T: 2,
    parameters: [],
    normalisation: {
      weight: tensor([24], 6),
      bias: tensor([24], 7),
      runningMean: tensor([24], 8),
      runningVariance: tensor([24], 9),
      eps: 1e-5,
      momentum: 0.1,
      statistics: 'perStep',
      training: true,
    },
    state: null,
    wantState: true,
    wantBackward: true,
  } as const
  const fired = backend.neuron(y, call)
  const past = backend.neuronBackward(y, fired.output, fired.saved!, gradient, null, call)
  const pooled = backend.pool(fired.output, { kind: 'average', kernel: [2, 2], stride: [2, 2], padding: [0, 0] })
  const dropped = backend.dropout(fired.output, 0.3, 11)
  const made = [y, dense, back.input!, back.weight!, back.bias!, fired.output, past.input, past.normalisation!.weight]
  const read = [...made, ...fired.state!, pooled, dropped]
  return Promise.all(read.map(async (handle) => Float32Array.from(await backend.read(handle))))
}

test('layers above 2 GiB give the bits that they give below', async () => {
  const expected = await layers(low)
  const got = await layers(high)
  expect(high.peakBytes()).toBeGreaterThan(2 ** 31)
  expect(got).toEqual(expected)
})
