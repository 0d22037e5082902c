import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { FormatError, UsageError } from '../../base/index.ts'
import { writeIdx } from '../../formats/index.ts'
import type { DataFolder } from '../files.ts'
import { fashionMnist } from './fashion-mnist.ts'
import { mnist } from './mnist.ts'

const full = new URL('../../../../shared/data/fashion-mnist/', import.meta.url)
const embeddedFolder = new URL('../../../data/fashion-mnist/', import.meta.url)

function small(): Record<string, Uint8Array> {
  const images = (n: number) =>
    writeIdx(
      [n, 2, 3],
      new Uint8Array(n * 6).map((_, i) => i),
    )
  return {
    'train-images-idx3-ubyte.gz': gzipSync(images(3)),
    'train-labels-idx1-ubyte.gz': gzipSync(writeIdx([3], Uint8Array.of(7, 0, 9))),
    't10k-images-idx3-ubyte': images(1),
    't10k-labels-idx1-ubyte': writeIdx([1], Uint8Array.of(4)),
  }
}

const folder = (files: Record<string, Uint8Array>): DataFolder => ({
  place: 'memory',
  read: async (name) => files[name],
})

describe('mnist', () => {
  test('reads four files, plain or packed', async () => {
    const { train, test: judged } = await mnist(folder(small()))
    expect([train.shape, train.length, judged.length]).toEqual([[2, 3, 1], 3, 1])
    expect([0, 1, 2].map((i) => train.label(i))).toEqual([7, 0, 9])
    const image = new Uint8Array(6)
    train.image(1, image)
    expect([...image]).toEqual([6, 7, 8, 9, 10, 11])
  })

  test('says which files are missing, and where from', async () => {
    const { 't10k-labels-idx1-ubyte': _, ...rest } = small()
    await expect(mnist(folder(rest))).rejects.toThrow(/1 of 4 mnist files are missing\n {2}memory\n.*t10k-labels/)
    await expect(mnist(folder({}))).rejects.toThrow(UsageError)
    await expect(mnist('/no/such/folder')).rejects.toThrow(/no mnist files here\n {2}\/no\/such\/folder/)
  })

  test('labels must be in range, and as many as images', async () => {
    const labels = (...values: number[]) =>
      mnist(folder({ ...small(), 'train-labels-idx1-ubyte.gz': writeIdx([values.length], Uint8Array.from(values)) }))
    await expect(labels(1, 2, 10)).rejects.toThrow(/label 10 of 10 classes\n.*train-labels.*record 2/)
    await expect(labels(1, 2)).rejects.toThrow(/expected \[3\]/)
    const wrongShape = { ...small(), 'train-images-idx3-ubyte.gz': writeIdx([18], new Uint8Array(18)) }
    await expect(mnist(folder(wrongShape))).rejects.toThrow(FormatError)
  })
})

describe('fashion-mnist', () => {
  test('the embedded part has all classes and the pixels it should have', async () => {
    const { train, test: judged, notes } = await fashionMnist()
    expect([train.length, judged.length, train.shape]).toEqual([11000, 2000, [28, 28, 1]])
    expect(notes[0]).toMatch(/11000 training and 2000 test/)
    const counts = new Array(10).fill(0)
    for (let i = 0; i < train.length; i++) counts[train.label(i)]++
    expect(Math.min(...counts)).toBeGreaterThan(1000)
    let sum = 0
    for (const byte of train.pixels!) sum += byte
    expect(sum / train.pixels!.length / 255).toBeCloseTo(0.286, 2)
    const first = new Uint8Array(784)
    judged.image(0, first)
    expect(createHash('sha256').update(first).digest('hex').slice(0, 16)).toBe('ffc7351ed0f8bae5')
  })

  test('no embedded file is over 1.4 MB', () => {
    for (const shard of [1, 2, 3, 4]) {
      expect(statSync(new URL(`train-images-${shard}.idx.gz`, embeddedFolder)).size).toBeLessThan(1_400_000)
    }
  })

  describe.skipIf(!existsSync(full))('the full set (needs ../shared/data)', () => {
    test('has 60,000 + 10,000 images and begins as the embedded part', async () => {
      const whole = await fashionMnist(full)
      const part = await fashionMnist()
      expect([whole.train.length, whole.test.length]).toEqual([60000, 10000])
      for (const split of ['train', 'test'] as const) {
        const pixels = part[split].pixels!
        expect(Buffer.compare(whole[split].pixels!.subarray(0, pixels.length), pixels)).toBe(0)
        for (let i = 0; i < part[split].length; i++) expect(whole[split].label(i)).toBe(part[split].label(i))
      }
    })
  })
})
