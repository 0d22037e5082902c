import { UsageError } from '../../base/index.ts'
import type { Transform } from './transform.ts'

/**
 * Pads with zeros on all sides and cuts the old size out at a random place: a shift of up to `padding` pixels.
 * @param options.padding in pixels, above 0
 * @throws UsageError if the padding is no positive whole number
 */
export function randomCrop(options: { padding: number }): Transform {
  const { padding } = options
  if (!Number.isSafeInteger(padding) || padding < 1) {
    throw new UsageError({ what: 'random crop: padding out of range', expected: '1 or more', got: String(padding) })
  }
  return {
    name: 'random-crop',
    options: { padding },
    apply(image, random) {
      const { values, spare, height, width, channels } = image
      const down = random.below(2 * padding + 1) - padding
      const right = random.below(2 * padding + 1) - padding
      const firstColumn = Math.max(0, -right)
      const lastColumn = Math.min(width, width - right)
      spare.fill(0)
      for (let y = Math.max(0, -down); y < Math.min(height, height - down) && firstColumn < lastColumn; y++) {
        const from = (y + down) * width + right
        const row = values.subarray((from + firstColumn) * channels, (from + lastColumn) * channels)
        spare.set(row, (y * width + firstColumn) * channels)
      }
      image.values = spare
      image.spare = values
    },
  }
}
