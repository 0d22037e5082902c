import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { DataFolder } from '../files.ts'
import { cifar10 } from './cifar10.ts'
import { cifar100 } from './cifar100.ts'

const real10 = new URL('../../../../shared/data/cifar-10-batches-bin/', import.meta.url)
const real100 = new URL('../../../../shared/data/cifar-100-binary-excerpt/', import.meta.url)

function batch(labels: number[]): Uint8Array {
  const bytes = new Uint8Array(labels.length * 3073)
  for (const [i, label] of labels.entries()) {
    bytes[i * 3073] = label
    bytes.fill(label + 1, i * 3073 + 1, i * 3073 + 1025)
  }
  return bytes
}

const folder = (files: Record<string, Uint8Array>): DataFolder => ({
  place: 'memory',
  read: async (name) => files[name],
})

describe('cifar10', () => {
  test('joins the batches that are there, in order, and says which are not', async () => {
    const files = { 'data_batch_4.bin': batch([5]), 'data_batch_2.bin': batch([3, 4]), 'test_batch.bin': batch([9]) }
    const { train, test: judged, notes } = await cifar10(folder(files))
    expect([0, 1, 2].map((i) => train.label(i))).toEqual([3, 4, 5])
    const image = new Uint8Array(3072)
    train.image(2, image)
    expect([...image.subarray(0, 4)]).toEqual([6, 0, 0, 6])
    expect(judged.length).toBe(1)
    expect(notes).toEqual(['data_batch_1.bin, data_batch_3.bin, data_batch_5.bin missing: 3 of 50000 training images'])
    expect(train.classes[9]).toBe('truck')
  })

  test('needs a training batch and the test batch', async () => {
    await expect(cifar10(folder({ 'data_batch_1.bin': batch([0]) }))).rejects.toThrow(/test_batch\.bin/)
    await expect(cifar10(folder({ 'test_batch.bin': batch([0]) }))).rejects.toThrow(/data_batch_1\.bin/)
  })

  test('names come from batches.meta.txt, which must name ten', async () => {
    const files = { 'data_batch_1.bin': batch([0]), 'test_batch.bin': batch([0]) }
    const named = (text: string) => cifar10(folder({ ...files, 'batches.meta.txt': new TextEncoder().encode(text) }))
    expect((await named('a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n')).train.classes[1]).toBe('b')
    await expect(named('a\nb')).rejects.toThrow(/batches\.meta\.txt[\s\S]*expected 10/)
  })
})

describe.skipIf(!existsSync(real10))('real CIFAR files (need ../shared/data)', () => {
  test('two of five batches', async () => {
    const { train, test: judged, notes } = await cifar10(real10)
    expect([train.length, judged.length]).toEqual([20000, 10000])
    expect(notes[0]).toMatch(/data_batch_3\.bin, data_batch_4\.bin, data_batch_5\.bin missing/)
    expect(train.classes).toContain('airplane')
    expect(train.label(0)).toBe(6)
    const sums = [0, 0, 0]
    for (let i = 0; i < train.pixels!.length; i++) sums[i % 3] += train.pixels![i]
    const means = sums.map((sum) => sum / (20000 * 1024) / 255)
    for (const [c, mean] of [0.4914, 0.4822, 0.4465].entries()) expect(Math.abs(means[c] - mean)).toBeLessThan(0.005)
  })

  test('CIFAR-100 excerpts, and built-in names for all 100 classes', async () => {
    const { train, test: judged, notes } = await cifar100(real100)
    expect([train.length, judged.length]).toEqual([1000, 1000])
    expect(notes[0]).toMatch(/1000 of 50000/)
    expect(new Set(train.classes).size).toBe(100)
    expect(train.classes[99]).toBe('worm')
    expect([...train.classes].sort()).toEqual([...train.classes])
  })
})
