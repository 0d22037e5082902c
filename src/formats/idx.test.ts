import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { FormatError, Random } from '../base/index.ts'
import { readIdx, writeIdx } from './idx.ts'

const values = new Uint8Array(2 * 3 * 4).map((_, i) => 10 * i)

describe('IDX', () => {
  test('reads bytes made by hand', () => {
    const bytes = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6)
    expect(readIdx(bytes)).toEqual({ shape: [2, 3], values: Uint8Array.of(1, 2, 3, 4, 5, 6) })
    expect(writeIdx([2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6))).toEqual(bytes)
  })

  test('reads plain and packed alike', () => {
    const plain = writeIdx([2, 3, 4], values)
    expect(readIdx(plain)).toEqual({ shape: [2, 3, 4], values })
    expect(readIdx(gzipSync(plain))).toEqual({ shape: [2, 3, 4], values })
  })

  test.each([
    ['nothing', new Uint8Array(0), /no bytes/],
    ['another file', new TextEncoder().encode('<html>'), /got +3c 68 74 6d/],
    ['floats', Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0), /expected 00 00 08/],
    ['half a header', Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2), /header of 12 bytes/],
    [
      'a truncated file',
      writeIdx([2, 3, 4], values).subarray(0, 30),
      /byte 30[\s\S]*expected 40 bytes for \[2, 3, 4\]/,
    ],
    ['trailing bytes', Uint8Array.of(...writeIdx([1], Uint8Array.of(5)), 0), /longer than its header says/],
    ['2^32 values', Uint8Array.of(0, 0, 8, 1, 255, 255, 255, 255, 1), /expected 4294967303 bytes/],
    [
      '2^128 values, packed',
      gzipSync(new Uint8Array(40).fill(255).fill(0, 0, 4).fill(8, 2, 3).fill(4, 3, 4)),
      /FormatError|truncated/,
    ],
    ['a bomb', gzipSync(Buffer.concat([writeIdx([1], Uint8Array.of(5)), new Uint8Array(5e7)])), /more than its header/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readIdx(bytes, 'images')).toThrow(FormatError)
    expect(() => readIdx(bytes, 'images')).toThrow(message)
    expect(() => readIdx(bytes, 'images')).toThrow(/images/)
  })

  test('damaged bytes give a FormatError or values, never anything else', () => {
    const random = new Random(2)
    const plain = writeIdx([2, 3, 4], values)
    const packed = new Uint8Array(gzipSync(plain))
    for (let i = 0; i < 3000; i++) {
      const damaged = (i % 2 ? plain : packed).slice()
      for (let k = 0; k < 2; k++) damaged[random.below(damaged.length)] = random.below(256)
      try {
        const read = readIdx(damaged)
        expect(read.values.length).toBe(read.shape.reduce((a, b) => a * b, 1))
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }
  })
})
