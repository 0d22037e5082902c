import { UsageError } from '../../base/index.ts'
import type { Transform } from './transform.ts'

/**
 * Sets a square to zero, its centre anywhere in the image, clipped at the border. After `normalise`, zero is the mean.
 * @param options.size side of the square in pixels
 * @throws UsageError if the size is no positive whole number
 * @see DeVries and Taylor 2017, arXiv:1708.04552
 */
export function cutout(options: { size: number }): Transform {
  const { size } = options
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new UsageError({ what: 'cutout: size out of range', expected: '1 or more', got: String(size) })
  }
  return {
    name: 'cutout',
    options: { size },
    apply({ values, height, width, channels }, random) {
      const top = random.below(height) - (size >> 1)
      const left = random.below(width) - (size >> 1)
      const begin = Math.max(0, left)
      const end = Math.min(width, left + size)
      for (let y = Math.max(0, top); y < Math.min(height, top + size); y++) {
        values.fill(0, (y * width + begin) * channels, (y * width + end) * channels)
      }
    },
  }
}
