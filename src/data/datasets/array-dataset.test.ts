import { expect, test } from 'vitest'
import { Loader } from '../loader/index.ts'
import { arrayDataset } from './array-dataset.ts'
import { limitDataset } from './limit.ts'

const batchOf = async (dataset: ReturnType<typeof arrayDataset>) => {
  const loader = new Loader(dataset, { batchSize: 8, seed: 0, shuffle: false, lastBatch: 'keep' })
  for await (const { images, labels } of loader.epoch()) return { images: [...images], labels: [...labels] }
}

test('floats reach the network as they are, bytes as 0..1, frames in their order', async () => {
  const floats = arrayDataset({ x: Float32Array.of(-1, 2, 3.5, 4), shape: [2], y: [1, 0] })
  expect(await batchOf(floats)).toEqual({ images: [-1, 2, 3.5, 4], labels: [1, 0] })
  const bytes = arrayDataset({ x: Uint8Array.of(0, 255, 51, 0), shape: [1, 2, 1], y: Uint8Array.of(0, 1) })
  expect((await batchOf(bytes))!.images).toEqual([0, 1, Math.fround(0.2), 0])
  const frames = arrayDataset({ x: Float32Array.of(1, 2, 3, 4), shape: [1], steps: 2, y: [0, 2] })
  expect(frames).toMatchObject({ steps: 2, length: 2, classes: ['0', '1', '2'] })
  expect((await batchOf(frames))!.images).toEqual([1, 2, 3, 4])
})

test('a view into a larger array is read where it lies', async () => {
  const x = Float32Array.of(9, 1, 2, 9).subarray(1, 3)
  expect((await batchOf(arrayDataset({ x, shape: [1], y: [0, 0] })))!.images).toEqual([1, 2])
})

test('real targets and several labels', () => {
  const real = arrayDataset({ x: new Float32Array(2), shape: [1], y: Float32Array.of(1, 2, 3, 4), classes: ['a', 'b'] })
  expect(real.targets).toEqual({ kind: 'numbers', size: 2, values: Float32Array.of(1, 2, 3, 4) })
  const several = arrayDataset({ x: new Float32Array(3), shape: [1], y: [[0, 2], [], [1]] })
  expect(several.targets).toEqual({ kind: 'labels', size: 3, values: Float32Array.of(1, 0, 1, 0, 0, 0, 0, 1, 0) })
  expect(limitDataset(several, 1).targets).toEqual({ kind: 'labels', size: 3, values: Float32Array.of(1, 0, 1) })
})

test.each([
  [{ x: new Float32Array(5), shape: [2], y: [0, 1] }, /do not fill whole samples/],
  [{ x: new Float32Array(0), shape: [2], y: [] }, /do not fill whole samples/],
  [{ x: new Float32Array(4), shape: [2], y: [0] }, /not as many labels as samples/],
  [{ x: new Float32Array(4), shape: [2, 1], y: [0, 1] }, /not the shape of a frame/],
  [{ x: new Float32Array(4), shape: [2], y: [0, 0.5] }, /no class.*sample 1|sample 1[\s\S]*no class|no class/],
  [{ x: new Float32Array(4), shape: [2], y: [0, 2], classes: ['a', 'b'] }, /0\.\.1/],
  [{ x: Float32Array.of(1, Number.NaN), shape: [1], y: [0, 1] }, /not finite/],
  [{ x: new Float32Array(2), shape: [1], steps: 0, y: [0, 1] }, /steps out of range/],
])('refuses what does not fit, %#', (samples, message) => {
  expect(() => arrayDataset(samples)).toThrow(message)
})
