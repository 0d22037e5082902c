import { UsageError } from '../../base/index.ts'
import type { Transform } from './transform.ts'

/** Shares of the image's area, and ratios of height to width, as published. */
const area = [0.02, 0.33] as const
const ratio = [0.3, 3.3] as const
const attempts = 10

/**
 * With a probability, sets a rectangle of 2 to 33 % of the image to zero. After `normalise`, zero is the mean.
 * @param options.probability in 0..1
 * @throws UsageError if the probability is out of range
 * @see Zhong et al. 2020, arXiv:1708.04896
 */
export function randomErasing(options: { probability: number }): Transform {
  const { probability } = options
  if (!(probability >= 0 && probability <= 1)) {
    throw new UsageError({
      what: 'random erasing: probability out of range',
      expected: '0 to 1',
      got: `${probability}`,
    })
  }
  return {
    name: 'random-erasing',
    options: { probability },
    apply({ values, height, width, channels }, random) {
      if (random.uniform() >= probability) return
      for (let attempt = 0; attempt < attempts; attempt++) {
        const size = height * width * (area[0] + (area[1] - area[0]) * random.uniform())
        const form = Math.exp(Math.log(ratio[0]) + (Math.log(ratio[1]) - Math.log(ratio[0])) * random.uniform())
        const rows = Math.round(Math.sqrt(size * form))
        const columns = Math.round(Math.sqrt(size / form))
        if (rows >= height || columns >= width) continue
        const top = random.below(height - rows + 1)
        const left = random.below(width - columns + 1)
        for (let y = top; y < top + rows; y++) {
          values.fill(0, (y * width + left) * channels, (y * width + left + columns) * channels)
        }
        return
      }
    },
  }
}
