import { expect, test } from 'vitest'
import { contentHash, linesHash } from './members-hash.ts'

const bytes = Uint8Array.from({ length: 1003 }, (_, i) => (i * 31) ^ (i >> 3))

test('the hash of bytes is what it always was, wherever they lie', () => {
  expect(contentHash(bytes)).toBe('5337fc0dff0e092d')
  const moved = new Uint8Array(1005)
  moved.set(bytes, 1)
  expect(contentHash(moved.subarray(1, 1004))).toBe(contentHash(bytes))
})

test('every byte and the length count', () => {
  const hashes = new Set([contentHash(bytes), contentHash(bytes.subarray(1)), contentHash(new Uint8Array(0))])
  for (let i = 0; i < bytes.length; i++) {
    const other = bytes.slice()
    other[i] ^= 1
    hashes.add(contentHash(other))
  }
  expect(hashes.size).toBe(bytes.length + 3)
})

test('lines count with their order', () => {
  expect(linesHash(['a', 'b'])).not.toBe(linesHash(['b', 'a']))
})
