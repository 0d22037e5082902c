import { expect, test } from 'vitest'
import { createWasm } from '../src/backends/index.ts'
import { hashedUniform } from '../src/base/index.ts'
import { tetLoss } from '../src/losses/index.ts'
import { spikingResnet } from '../src/models/index.ts'
import { clif } from '../src/neurons/index.ts'
import { forwardBackward } from '../src/train/index.ts'

/** Gradients of a small batch through resnet18, and the most memory that took. */
async function gradients(memory: 'keep' | 'rebuild') {
  const backend = await createWasm()
  const network = spikingResnet(18, { input: [32, 32, 3], classes: 10, neuron: clif(), seed: 1 })
  await network.place(backend)
  const images = Float32Array.from(hashedUniform(4 * 32 * 32 * 3, 5), (v) => 2 * v - 1)
  const before = backend.peakBytes()
  backend.beginStep()
  const batch = { images, labels: Int32Array.of(3, 7, 1, 0) }
  const pass = forwardBackward(network, batch, { backend, T: 6, loss: tetLoss(), key: 1, memory })
  const values = new Map<string, Float32Array>()
  for (const [path, handle] of pass.gradients) values.set(path, Float32Array.from(await backend.read(handle)))
  const { loss } = await pass.read()
  backend.endStep()
  const taken = backend.peakBytes() - before
  await backend.close()
  return { values, taken, loss }
}

test('dropping outputs of convolutions and making them again changes no bit, and takes less memory', async () => {
  const kept = await gradients('keep')
  const rebuilt = await gradients('rebuild')
  expect(rebuilt.loss).toBe(kept.loss)
  expect([...rebuilt.values.keys()]).toEqual([...kept.values.keys()])
  for (const [path, values] of kept.values) {
    const other = rebuilt.values.get(path) ?? new Float32Array()
    expect(Buffer.from(other.buffer).equals(Buffer.from(values.buffer)), path).toBe(true)
  }
  // Both hold the parameters' gradients.
  const gradientBytes = [...kept.values.values()].reduce((sum, v) => sum + v.byteLength, 0)
  expect(rebuilt.taken - gradientBytes).toBeLessThan(0.7 * (kept.taken - gradientBytes))
})
