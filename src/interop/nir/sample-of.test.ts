import { expect, test } from 'vitest'
import { sampleOf } from './sample-of.ts'

const counted = (shape: readonly number[]) => ({
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
})
const file = 'x.npy'

test('of several samples one is taken, time first', () => {
  expect(sampleOf(counted([2, 3, 2]), { frame: [2], sample: 1, file })).toEqual({
    T: 2,
    values: Float64Array.of(2, 3, 8, 9),
  })
  expect(sampleOf(counted([3, 2]), { frame: [2], file }).T).toBe(3)
})

test('a frame alone is one step', () => {
  expect(sampleOf(counted([2, 2, 1]), { frame: [2, 2, 1], file })).toEqual({
    T: 1,
    values: Float64Array.of(0, 1, 2, 3),
  })
  expect(sampleOf(counted([2]), { frame: [2], file }).T).toBe(1)
  expect(sampleOf(counted([2]), { frame: [1], file }).T).toBe(2)
})

test('channels in front are moved behind, and only then', () => {
  const { values } = sampleOf(counted([1, 2, 1, 3]), { frame: [1, 3, 2], file })
  expect([...values]).toEqual([0, 3, 1, 4, 2, 5])
  expect([...sampleOf(counted([1, 1, 3, 2]), { frame: [1, 3, 2], file }).values]).toEqual([0, 1, 2, 3, 4, 5])
  // Both fit: ours wins.
  expect([...sampleOf(counted([1, 2, 2, 2]), { frame: [2, 2, 2], file }).values]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test('whole numbers of 8 bytes are numbers too', () => {
  expect([...sampleOf({ shape: [2, 1], values: BigInt64Array.of(1n, 0n) }, { frame: [1], file }).values]).toEqual([
    1, 0,
  ])
})

test('records are refused', () => {
  const records = { shape: [3], fields: new Map([['x', counted([3])]]) }
  expect(() => sampleOf(records, { frame: [1], file })).toThrow(/holds records[\s\S]*got {6}x/)
})

test('frames of another size, and samples that are not there, are refused', () => {
  expect(() => sampleOf(counted([2, 3]), { frame: [2], file })).toThrow(
    /do not fit[\s\S]*x\.npy[\s\S]*\[T, samples, 2\]/,
  )
  expect(() => sampleOf(counted([0, 2]), { frame: [2], file })).toThrow('do not fit')
  expect(() => sampleOf(counted([2, 3, 2]), { frame: [2], sample: 3, file })).toThrow(/no such sample[\s\S]*0 to 2/)
})
