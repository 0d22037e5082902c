import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeEventNpz, writeIdx, writeNpy, writeNpz, writePng } from '../formats/index.ts'
import { type FileSample, type SampleKind, samplesIn } from './sample-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'spikelet-samples-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, bytes)
  return path
}

const images = (shape: readonly number[]): SampleKind => ({
  shape,
  frames: undefined,
  sensor: undefined,
  layout: undefined,
})

async function all(paths: string[], kind: SampleKind): Promise<FileSample[]> {
  const found: FileSample[] = []
  for await (const sample of samplesIn(paths, kind)) found.push(sample)
  return found
}

const pixels = Uint8Array.from({ length: 2 * 4 * 5 }, (_, i) => i)
const [first, second] = [pixels.slice(0, 20), pixels.slice(20)]

describe('images', () => {
  it.each<[string, Uint8Array, (string | number | null)[][]]>([
    ['a.idx', writeIdx([2, 4, 5], pixels), [[0], [1]]],
    ['a.npy', writeNpy({ shape: [2, 4, 5, 1], values: pixels }), [[0], [1]]],
    ['grey.npy', writeNpy({ shape: [2, 4, 5], values: pixels }), [[0], [1]]],
  ])('of %s, many of them', async (name, bytes, indices) => {
    const path = file(name, bytes)
    const found = await all([path], images([4, 5, 1]))
    expect(found.map(({ index }) => [index])).toEqual(indices)
    expect(found.map(({ values }) => [...values])).toEqual([[...first], [...second]])
  })

  it('of one picture or array each, and of folders in the order of their numbers', async () => {
    const png = writePng({ width: 5, height: 4, channels: 1, pixels: first })
    file('pictures/b/a_10.png', png)
    file('pictures/b/a_2.PNG', png)
    file('pictures/.hidden.png', 'no picture')
    file('pictures/notes.txt', 'no picture')
    file('pictures/c.npy', writeNpy({ shape: [4, 5], values: Float32Array.from(second, (byte) => byte / 255) }))
    const found = await all([join(folder, 'pictures')], images([4, 5, 1]))
    expect(found.map((one) => [one.file.slice(folder.length + 1), one.index])).toEqual([
      ['pictures/b/a_2.PNG', null],
      ['pictures/b/a_10.png', null],
      ['pictures/c.npy', null],
    ])
    expect([...found[0].values]).toEqual([...first])
    expect(found[2].values[0]).toBeCloseTo(20 / 255)
  })

  it('of each array of an NPZ, by name', async () => {
    const path = file('a.npz', writeNpz([['one', { shape: [4, 5], values: first }], ['two', { shape: [1, 4, 5], values: second }]])) // biome-ignore format: two arrays
    const found = await all([path], images([4, 5, 1]))
    expect(found.map((one) => [one.file, one.index])).toEqual([[`${path}:one`, null], [`${path}:two`, 0]]) // biome-ignore format: pairs
  })

  it.each([
    ['CIFAR-10', 1],
    ['CIFAR-100', 2],
  ])('of %s records, planes to channels last', async (_, labels) => {
    const record = labels + 3072
    const bytes = new Uint8Array(2 * record)
    for (const [plane, value] of [11, 22, 33].entries())
      bytes.fill(value, record + labels + plane * 1024, record + labels + (plane + 1) * 1024)
    const found = await all([file(`cifar${labels}.bin`, bytes)], images([32, 32, 3]))
    expect(found.length).toBe(2)
    expect([...found[1].values.subarray(0, 6)]).toEqual([11, 22, 33, 11, 22, 33])
  })

  it.each<[string, Uint8Array | string, RegExp]>([
    ['other.idx', writeIdx([1, 4, 5], first), /other samples[\s\S]*expected \[28, 28, 1\]\n {2}got {6}\[4, 5, 1\]/],
    ['labels.idx', writeIdx([20], first), /does not hold images/],
    ['text.txt', 'a picture', /no images that Spikelet can read/],
    ['empty', '', /no images/],
    [
      'large.npy',
      writeNpy({ shape: [28, 28], values: new Float32Array(784).fill(2) }),
      /neither bytes nor numbers in 0/,
    ],
  ])('refuses %s', async (name, bytes, message) => {
    await expect(all([file(name, bytes)], images([28, 28, 1]))).rejects.toThrow(message)
  })

  it('names a path that is not there, and a folder without images', async () => {
    await expect(all([join(folder, 'nothing')], images([4, 5, 1]))).rejects.toThrow(/cannot read this file/)
    mkdirSync(join(folder, 'bare'))
    await expect(all([join(folder, 'bare')], images([4, 5, 1]))).rejects.toThrow(/no images in this folder/)
  })
})

describe('recordings', () => {
  const kind = { ...images([2, 3, 2]), frames: { T: 2 } }
  const events = (x: number) => ({
    width: 3,
    height: 2,
    t: Float64Array.of(0, 10, 20, 30),
    x: Uint16Array.of(0, 1, x, 0),
    y: Uint16Array.of(0, 1, 0, 1),
    p: Uint8Array.of(1, 0, 1, 0),
  })

  it('become frames as in the training', async () => {
    const [sample] = await all([file('a/one.npz', writeEventNpz(events(2)))], kind)
    expect([sample.index, sample.values.length, [...sample.values].reduce((sum, count) => sum + count, 0)]).toEqual([
      null,
      24,
      4,
    ])
  })

  it('may be frames already', async () => {
    const values = Float32Array.from({ length: 48 }, (_, i) => i)
    const found = await all([file('frames.npy', writeNpy({ shape: [2, 2, 2, 3, 2], values }))], kind)
    expect(found.map((one) => one.values[0])).toEqual([0, 24])
  })

  it('of a larger sensor are refused, with the option', async () => {
    await expect(all([file('large.npz', writeEventNpz(events(7)))], kind)).rejects.toThrow(
      /larger sensor[\s\S]*--sensor/,
    )
  })
})
