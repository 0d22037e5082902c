import { expect, test } from 'vitest'
import { Random } from '../../base/index.ts'
import { randomCrop } from './random-crop.ts'

const height = 5
const width = 4
const picture = () => ({
  values: Float32Array.from({ length: height * width * 2 }, (_, i) => i + 1),
  spare: new Float32Array(height * width * 2).fill(99),
  height,
  width,
  channels: 2,
})

/** The definition: pixel (y, x) comes from (y + down, x + right), zero outside. */
function shifted(down: number, right: number): number[] {
  const { values } = picture()
  const moved: number[] = []
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = y + down >= 0 && y + down < height && x + right >= 0 && x + right < width
      for (let c = 0; c < 2; c++) moved.push(inside ? values[((y + down) * width + x + right) * 2 + c] : 0)
    }
  }
  return moved
}

test.each([1, 4, 7])('crop with padding %i draws every shift, each with the right pixels', (padding) => {
  const random = new Random(5)
  const seen = new Set<string>()
  for (let i = 0; i < 4000; i++) {
    const drawn = random.fork(i)
    const replay = random.fork(i)
    const down = replay.below(2 * padding + 1) - padding
    const right = replay.below(2 * padding + 1) - padding
    const image = picture()
    randomCrop({ padding }).apply(image, drawn)
    if (!seen.has(`${down} ${right}`)) expect([...image.values]).toEqual(shifted(down, right))
    expect(image.values).not.toBe(image.spare)
    seen.add(`${down} ${right}`)
  }
  expect(seen.size).toBe((2 * padding + 1) ** 2)
})

test('crop refuses a padding that is none', () => {
  expect(() => randomCrop({ padding: 0 })).toThrow(/1 or more/)
})
