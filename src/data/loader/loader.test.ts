import { describe, expect, test } from 'vitest'
import { imageDataset } from '../datasets/index.ts'
import { randomCrop, randomFlip } from '../transforms/index.ts'
import { type Batch, Loader, type LoaderOptions } from './loader.ts'
import type { LoaderThread, ThreadEvents, ThreadSetup } from './thread.ts'

/** Image i is filled with i; its class is i mod 3. */
function tiny(length: number) {
  const pixels = new Uint8Array(length * 4).map((_, at) => at >> 2)
  const labels = Array.from({ length }, (_, i) => i % 3)
  return imageDataset({ name: 'tiny', classes: ['a', 'b', 'c'], shape: [2, 2, 1], labels, pixels })
}

const loaderOf = (length: number, options: Partial<LoaderOptions> = {}) =>
  new Loader(tiny(length), { batchSize: 4, seed: 1, ...options })

async function all(loader: Loader): Promise<Batch[]> {
  const batches: Batch[] = []
  for await (const batch of loader.epoch()) batches.push(batch)
  return batches
}

const members = (batches: Batch[]) => batches.flatMap(({ indices }) => [...indices])

describe('Loader', () => {
  test('gives every image once, with its label and its pixels', async () => {
    const batches = await all(loaderOf(10))
    expect(batches.map(({ labels }) => labels.length)).toEqual([4, 4, 2])
    expect(members(batches).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    for (const { images, labels, indices } of batches) {
      for (const [k, index] of indices.entries()) {
        expect(labels[k]).toBe(index % 3)
        expect([...images.subarray(4 * k, 4 * k + 4)]).toEqual(Array(4).fill(Math.fround(index / 255)))
      }
    }
  })

  test('mixes images and labels alike', async () => {
    const plain = await all(loaderOf(10))
    const mixed = await all(loaderOf(10, { mixing: { mixup: 1 } }))
    expect(members(mixed)).toEqual(members(plain))
    for (const [b, { images, labels, mix }] of mixed.entries()) {
      const { images: before, labels: own } = plain[b]
      expect(labels).toEqual(own)
      for (let k = 0; k < labels.length; k++) {
        const other = (k + labels.length - 1) % labels.length
        expect(mix?.others[k]).toBe(labels[other])
        const share = mix!.own[k]
        expect(images[4 * k]).toBeCloseTo(share * before[4 * k] + (1 - share) * before[4 * other], 6)
      }
    }
    expect(() => loaderOf(10, { mixing: {} })).toThrow(/mixup, cutmix or both/)
  })

  test('each epoch has its own order, and the same seed the same', async () => {
    const loader = loaderOf(10)
    const first = members(await all(loader))
    const second = members(await all(loader))
    expect(second).not.toEqual(first)
    expect(members(await all(loaderOf(10)))).toEqual(first)
    expect(members(await all(loaderOf(10, { seed: 2 })))).not.toEqual(first)
    expect(members(await all(loaderOf(10, { shuffle: false })))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('the last batch', async () => {
    const sizes = async (length: number, lastBatch?: LoaderOptions['lastBatch']) => {
      const loader = loaderOf(length, lastBatch ? { lastBatch } : {})
      const batches = await all(loader)
      expect(batches.length).toBe(loader.batchesPerEpoch)
      expect(members(batches).length).toBe(loader.imagesPerEpoch)
      return batches.map(({ labels }) => labels.length)
    }
    expect(await sizes(9)).toEqual([4, 4])
    expect(await sizes(9, 'keep')).toEqual([4, 4, 1])
    expect(await sizes(10, 'drop-incomplete')).toEqual([4, 4])
    expect(await sizes(8, 'drop-incomplete')).toEqual([4, 4])
  })

  test('only the chosen images', async () => {
    const indices = Uint32Array.of(7, 3, 5)
    expect(members(await all(loaderOf(10, { indices }))).sort()).toEqual([3, 5, 7])
    expect(() => loaderOf(10, { indices: Uint32Array.of(10) })).toThrow(/numbers below 10/)
  })

  test('a run goes on where its state says', async () => {
    const options = { transforms: [randomCrop({ padding: 1 }), randomFlip()] }
    const whole = loaderOf(20, options)
    const expected = [...(await all(whole)), ...(await all(whole))]
    const before = loaderOf(20, options)
    let taken = 0
    for await (const batch of before.epoch()) {
      expect(batch).toEqual(expected[taken++])
      if (taken === 2) break
    }
    const after = loaderOf(20, options)
    after.state = structuredClone(before.state)
    expect(after.state).toEqual({ epoch: 0, position: 2 })
    expect([...(await all(after)), ...(await all(after))]).toEqual(expected.slice(2))
    expect(after.state).toEqual({ epoch: 2, position: 0 })
  })

  test('batches keep their memory, and time waited is counted', async () => {
    const loader = loaderOf(8)
    const [one, two] = await all(loader)
    expect(one.images.buffer).not.toBe(two.images.buffer)
    expect(loader.waitedSeconds).toBeGreaterThan(0)
  })

  test('refuses what it cannot do', async () => {
    expect(() => loaderOf(4, { batchSize: 0 })).toThrow(/batchSize[\s\S]*1 or more[\s\S]*got +0/)
    expect(() => loaderOf(4, { threads: -1 })).toThrow(/threads[\s\S]*0 or more[\s\S]*got +-1/)
    const own = { name: 'own', options: {}, apply: () => {} }
    expect(() => loaderOf(4, { threads: 1, transforms: [own] })).toThrow(/'own' cannot be sent/)
    const loader = loaderOf(8)
    const epoch = loader.epoch()
    await epoch.next()
    await expect(loader.epoch().next()).rejects.toThrow(/already/)
    await epoch.return(undefined)
    expect((await all(loader)).length).toBe(1)
    await loader.close()
    await expect(loader.epoch().next()).rejects.toThrow(/closed/)
  })

  test('a thread that fails is told to whoever waits, at once and later', async () => {
    const startThread = (_: ThreadSetup, { failed }: ThreadEvents): LoaderThread => ({
      send: () => failed(new Error('out of paper')),
      hold: () => {},
      close: async () => {},
    })
    const loader = loaderOf(8, { threads: 1, startThread })
    await expect(all(loader)).rejects.toThrow(/loader thread failed\n +got +out of paper/)
    await expect(all(loader)).rejects.toThrow(/out of paper/)
  })
})
