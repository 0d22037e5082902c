import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { FormatError } from '../base/index.ts'
import { gunzip, isGzip } from './gzip.ts'

const text = new Uint8Array(100_000).map((_, i) => (i * i) % 251)
const anyLength = { file: 'x.gz', limit: () => 1e9 }

describe('gunzip', () => {
  test('unpacks what zlib packed, long, short and empty', () => {
    for (const bytes of [text, text.subarray(0, 5), new Uint8Array(0)]) {
      const packed = gzipSync(bytes, { level: 9 })
      expect(isGzip(packed)).toBe(true)
      expect(gunzip(packed, anyLength)).toEqual(bytes)
    }
    expect(isGzip(deflateSync(text))).toBe(false)
  })

  test('stops a bomb long before its end: what comes later is not even looked at', () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(80_000_000), { level: 9 }))
    bomb.fill(255, bomb.length / 2)
    expect(() => gunzip(bomb, anyLength)).toThrow(/truncated or damaged/)
    expect(() => gunzip(bomb, { file: 'bomb.gz', limit: () => 1000 })).toThrow(/more than its header says[\s\S]*1000/)
  })

  test('refuses truncated and damaged bytes', () => {
    const packed = new Uint8Array(gzipSync(text))
    for (let length = 2; length < packed.length; length += 977) {
      expect(() => gunzip(packed.slice(0, length), anyLength)).toThrow(FormatError)
    }
    const wrongSum = packed.slice()
    wrongSum[packed.length - 8] ^= 1
    expect(() => gunzip(wrongSum, anyLength)).toThrow(/wrong checksum/)
    const wrongSize = packed.slice()
    wrongSize[packed.length - 4] ^= 1
    expect(() => gunzip(wrongSize, anyLength)).toThrow(/unpacked bytes where the file says/)
  })
})
