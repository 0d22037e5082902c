import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { resizeImage } from './resize-image.ts'

/** An image whose pixels follow from their places. */
function image(width: number, height: number, channels: number) {
  const pixels = new Uint8Array(width * height * channels)
  for (let i = 0; i < pixels.length; i++) {
    const [k, x, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width)]
    pixels[i] = (x * 37 + y * 101 + k * 53 + ((x * y) % 7) * 29) * (x + 1)
  }
  return { width, height, channels, pixels }
}

// Hashes of what Pillow 12.3.0 gives: Image.resize((to width, to height), Image.BILINEAR).
test.each([
  [7, 5, 3, 4, 3, 'e36c9786dd5da49d'],
  [7, 5, 3, 11, 9, 'b9c43f7c81342810'],
  [7, 5, 1, 1, 1, '021fb596db81e6d0'],
  [7, 5, 3, 7, 2, 'cf12a6484fe98075'],
  [64, 48, 3, 28, 28, '0fe7036a92f3d70b'],
  [33, 200, 1, 32, 3, '4d4b087f87fa4763'],
  [1, 1, 3, 5, 4, 'aa926e6a388665e2'],
  [100, 3, 3, 9, 9, 'dddeaa4400ee9e36'],
])(
  '%ix%i of %i channels to %ix%i: the pixels that Pillow gives',
  (width, height, channels, toWidth, toHeight, hash) => {
    const { pixels, ...scaled } = resizeImage(image(width, height, channels), { width: toWidth, height: toHeight })
    expect(scaled).toEqual({ width: toWidth, height: toHeight, channels })
    expect(createHash('sha256').update(pixels).digest('hex').slice(0, 16)).toBe(hash)
  },
)

test('an image of the size is not touched', () => {
  const same = image(3, 2, 1)
  expect(resizeImage(same, same)).toBe(same)
})
