import { expect, test } from 'vitest'
import { Random } from '../../base/index.ts'
import { cutout } from './cutout.ts'

const height = 6
const width = 5

test.each([3, 4])('cutout of %i: every centre, a square, clipped at the border', (size) => {
  const random = new Random(7)
  const centres = new Set<string>()
  for (let i = 0; i < 1000; i++) {
    const replay = random.fork(i)
    const [y0, x0] = [replay.below(height), replay.below(width)]
    centres.add(`${y0} ${x0}`)
    const values = new Float32Array(height * width * 2).fill(1)
    cutout({ size }).apply({ values, spare: values, height, width, channels: 2 }, random.fork(i))
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const half = size >> 1
        const inside = y >= y0 - half && y < y0 - half + size && x >= x0 - half && x < x0 - half + size
        const pixel = values.subarray((y * width + x) * 2, (y * width + x) * 2 + 2)
        if (pixel[0] !== (inside ? 0 : 1) || pixel[1] !== pixel[0]) expect({ y, x, y0, x0, pixel }).toBe('as defined')
      }
    }
  }
  expect(centres.size).toBe(height * width)
})

test('cutout refuses a size that is none', () => {
  expect(() => cutout({ size: 1.5 })).toThrow(/1 or more/)
})
