import { expect, test } from 'vitest'
import { Random } from '../../base/index.ts'
import { randomFlip } from './random-flip.ts'

test('flip mirrors pixels, not channels, about every other time', () => {
  const random = new Random(6)
  const plain = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
  const mirrored = [5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8]
  let flips = 0
  for (let i = 0; i < 1000; i++) {
    const image = { values: Float32Array.from(plain), spare: new Float32Array(12), height: 2, width: 3, channels: 2 }
    randomFlip().apply(image, random.fork(i))
    const flipped = image.values[0] === 5
    expect([...image.values]).toEqual(flipped ? mirrored : plain)
    flips += flipped ? 1 : 0
  }
  expect(Math.abs(flips - 500)).toBeLessThan(60)
})
