import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { FormatError, Random } from '../base/index.ts'
import { cifar10Variant, cifar100Variant, readCifarBinary } from './cifar-binary.ts'

const excerpt = new URL('../../../shared/data/cifar-100-binary-excerpt/', import.meta.url)

/** `count` records; pixel p of plane c of record i is (i + p + 80 c) mod 256. */
function records(count: number, labelBytes: number): Uint8Array {
  const length = labelBytes + 3072
  const bytes = new Uint8Array(count * length)
  for (let i = 0; i < count; i++) {
    bytes.fill(i % 10, i * length, i * length + labelBytes)
    for (let k = 0; k < 3072; k++) bytes[i * length + labelBytes + k] = i + (k % 1024) + 80 * Math.floor(k / 1024)
  }
  return bytes
}

describe('CIFAR binary', () => {
  test('reads labels and turns planes into pixels', () => {
    const read = readCifarBinary(records(12, 1), cifar10Variant)
    expect(read.length).toBe(12)
    expect([...read.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    const image = new Uint8Array(3072)
    read.image(3, image)
    expect([...image.subarray(0, 6)]).toEqual([3, 83, 163, 4, 84, 164])
    expect([...image.subarray(3069)]).toEqual([(3 + 1023) & 255, (3 + 1023 + 80) & 255, (3 + 1023 + 160) & 255])
  })

  test('CIFAR-100 has two labels', () => {
    const bytes = records(2, 2)
    bytes[0] = 19
    bytes[1] = 99
    const read = readCifarBinary(bytes, cifar100Variant)
    expect([read.coarseLabels?.[0], read.labels[0]]).toEqual([19, 99])
  })

  test('a wrong label is named with record and byte', () => {
    const bytes = records(400, 1)
    bytes[312 * 3073] = 17
    const read = () => readCifarBinary(bytes, cifar10Variant, 'data_batch_1.bin')
    expect(read).toThrow(/label 17 of 10 classes\n +data_batch_1\.bin, record 312, byte 958776/)
  })

  test('truncated, padded, empty files, and the other variant, are refused', () => {
    const bytes = records(3, 1)
    expect(() => readCifarBinary(bytes.subarray(0, 3073 + 5), cifar10Variant, 'f')).toThrow(/5 bytes after 1 records/)
    expect(() => readCifarBinary(new Uint8Array(9220), cifar10Variant)).toThrow(/1 bytes after 3 records/)
    expect(() => readCifarBinary(new Uint8Array(0), cifar10Variant)).toThrow(FormatError)
    expect(() => readCifarBinary(bytes, cifar100Variant)).toThrow(FormatError)
  })

  test('damaged bytes give a FormatError or labels in range', () => {
    const random = new Random(3)
    const good = records(3, 2)
    let refused = 0
    for (let i = 0; i < 300; i++) {
      const bytes = good.slice()
      bytes[random.below(2) + 3074 * random.below(3)] = random.below(256)
      try {
        expect(Math.max(...readCifarBinary(bytes, cifar100Variant).labels)).toBeLessThan(100)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(100)
  })

  describe.skipIf(!existsSync(excerpt))('real files (need ../shared/data)', () => {
    test('CIFAR-100 excerpts have 1000 records of at most 100 classes', () => {
      for (const name of ['train.bin', 'test.bin']) {
        const read = readCifarBinary(readFileSync(new URL(name, excerpt)), cifar100Variant, name)
        expect(read.length).toBe(1000)
        expect(new Set(read.labels).size).toBeGreaterThan(90)
      }
    })
  })
})
