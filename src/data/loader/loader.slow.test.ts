import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { EventList } from '../../formats/index.ts'
import type * as DataRoom from '../index.ts'

/** Large arrays are compared as bytes: element by element takes seconds. */
function expectSame(batches: readonly DataRoom.Batch[], expected: readonly DataRoom.Batch[]): void {
  expect(batches.length).toBe(expected.length)
  batches.forEach(({ images, ...rest }, i) => {
    const { images: expectedImages, ...expectedRest } = expected[i]
    expect(rest).toEqual(expectedRest)
    expect(bytesOf(images).equals(bytesOf(expectedImages)), `batch ${i}`).toBe(true)
  })
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength)

/** Threads run the built package: start these tests through `npm test`, which builds first. */
const built = new URL('../../../dist/data/index.js', import.meta.url)

describe.skipIf(!existsSync(built))('Loader with threads (needs the build)', () => {
  let room: typeof DataRoom
  let dataset: DataRoom.Dataset

  beforeAll(async () => {
    room = (await import(built.href)) as typeof DataRoom
    dataset = (await room.fashionMnist()).test
  })

  const loaderWith = (threads: number, more: Partial<DataRoom.LoaderOptions> = {}) => {
    const { mean, deviation } = room.normalisationOf('fashion-mnist')
    const transforms = [
      room.randomCrop({ padding: 4 }),
      room.randomFlip(),
      room.normalise(mean, deviation),
      room.cutout({ size: 8 }),
    ]
    const indices = Uint32Array.from({ length: 500 }, (_, i) => 3 * i)
    return new room.Loader(dataset, { batchSize: 64, seed: 3, indices, transforms, threads, ...more })
  }

  async function twoEpochs(loader: DataRoom.Loader): Promise<DataRoom.Batch[]> {
    const batches: DataRoom.Batch[] = []
    for (let epoch = 0; epoch < 2; epoch++) for await (const batch of loader.epoch()) batches.push(batch)
    await loader.close()
    return batches
  }

  test('0, 1 and 2 threads, and rings of any size, give the same bits', async () => {
    const expected = await twoEpochs(loaderWith(0))
    expect(expected.length).toBe(16)
    for (const [threads, ahead] of [
      [1, 1],
      [1, 3],
      [2, 5],
      [2, 40],
    ]) {
      expectSame(await twoEpochs(loaderWith(threads, { ahead })), expected)
    }
  })

  test('mixed batches, with policies, are the same bits on 0, 1 and 2 threads', async () => {
    const transforms = [
      room.trivialAugmentWide(),
      room.autoAugment({ policy: 'cifar' }),
      room.randomErasing({ probability: 0.5 }),
    ]
    const options = { transforms, mixing: { mixup: 0.2, cutmix: 1 } }
    const expected = await twoEpochs(loaderWith(0, options))
    expect(expected[0].mix?.own.length).toBe(64)
    expect(new Set(expected[0].mix?.own).size).toBeGreaterThan(50)
    for (const threads of [1, 2]) expectSame(await twoEpochs(loaderWith(threads, options)), expected)
  })

  test('a broken-off epoch, and a state set back, continue right', async () => {
    const expected = await twoEpochs(loaderWith(0))
    const loader = loaderWith(2)
    for await (const batch of loader.epoch()) if (batch.position === 2) break
    expect(loader.state).toEqual({ epoch: 0, position: 3 })
    for await (const batch of loader.epoch()) expectSame([batch], [expected[batch.position]])
    loader.state = { epoch: 0, position: 6 }
    const rest = await twoEpochs(loader)
    expectSame(rest, expected.slice(6))
  })

  test('recordings unpack to the same bits in threads', async () => {
    const events = (i: number) => {
      const list = new EventList()
      for (let k = 0; k < 50 + i; k++) list.push(k, (k * i) % 9, k % 7, k & 1)
      return list.events({ width: 9, height: 7 })
    }
    const members = Array.from({ length: 40 }, (_, i) => ({ id: String(i), label: i % 2, bytes: i }))
    const recordings = { name: 'made', classes: ['a', 'b'], sensor: { width: 9, height: 7 }, members }
    const frames = await room.frameDataset({ ...recordings, read: async (i) => events(i) }, { T: 3 })
    const load = (threads: number) =>
      twoEpochs(new room.Loader(frames, { batchSize: 8, seed: 2, transforms: [room.randomFlip()], threads }))
    const expected = await load(0)
    expect(expected[0].images.length).toBe(8 * 3 * 9 * 7 * 2)
    expectSame(await load(2), expected)
  })

  test('a data set that is not in shared memory, and one image by image, load alike', async () => {
    const { pixels: _, ...plain } = dataset
    const options = { batchSize: 100, seed: 1 }
    const expected = await twoEpochs(new room.Loader(dataset, options))
    expectSame(await twoEpochs(new room.Loader(plain, { ...options, threads: 1 })), expected)
  })

  test('threads neither keep the process alive nor let it end while waited for', () => {
    const script = `
      const { Loader, fashionMnist } = await import(${JSON.stringify(built.href)})
      const loader = new Loader((await fashionMnist()).test, { batchSize: 100, seed: 1, threads: 2 })
      let count = 0
      for await (const batch of loader.epoch()) count += batch.labels.length
      console.log(count)`
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script])
    expect(printed.toString().trim()).toBe('2000')
  })
})
