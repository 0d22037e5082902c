import { describe, expect, it } from 'vitest'
import { imageDataset } from './dataset.ts'
import { limitDataset, limitRecordings, someOf } from './limit.ts'
import type { Recordings } from './recordings.ts'

describe('some of the samples', () => {
  it('are the first ones where classes are mixed', () => {
    expect(someOf([1, 0, 2, 0, 1], 3)).toEqual([0, 1, 2])
    expect(someOf([1, 0], 9)).toEqual([0, 1])
  })

  it('are of every class where these lie one after the other', () => {
    expect(someOf([0, 0, 0, 1, 1, 2], 4)).toEqual([0, 1, 3, 5])
    expect(someOf([0, 0, 0, 1, 1, 2], 2)).toEqual([0, 3])
    // A class that runs out leaves its room to the others.
    expect(someOf([0, 0, 0, 1, 1, 2], 5)).toEqual([0, 1, 3, 4, 5])
  })

  it('keep their own labels, pixels and files', async () => {
    const labels = [0, 0, 1, 1]
    const images = imageDataset({
      name: 'x',
      classes: ['a', 'b'],
      shape: [1, 1, 1],
      labels,
      pixels: Uint8Array.of(5, 6, 7, 8),
    })
    const some = limitDataset({ ...images, members: 'all' }, 2)
    const into = new Uint8Array(1)
    some.image(1, into)
    expect([some.length, some.label(0), some.label(1), into[0], some.pixels, some.members]).toEqual([2, 0, 1, 7, undefined, 'all, of every class 2']) // biome-ignore format: side by side
    expect(limitDataset(images, 4)).toBe(images)
    const members = labels.map((label, i) => ({ id: `f${i}`, label, bytes: 1 }))
    const read = async (i: number) => i as never
    const recordings: Pick<Recordings, 'members' | 'read'> = limitRecordings(
      { members, read } as unknown as Recordings,
      2,
    )
    expect(recordings.members.map(({ id }) => id)).toEqual(['f0', 'f2'])
    expect(await recordings.read(1)).toBe(2)
  })
})
