import { ShapeError, UsageError } from '../../base/index.ts'
import type { Transform } from './transform.ts'

/**
 * Subtracts the mean and divides by the deviation, per channel, in float32 as PyTorch does.
 * @param mean [C], of pixels in 0..1
 * @param deviation [C], above 0
 * @throws UsageError if the lists differ in length or a deviation is not positive; ShapeError, when applied, if an image
 * has another number of channels
 */
export function normalise(mean: readonly number[], deviation: readonly number[]): Transform {
  if (mean.length !== deviation.length || mean.length === 0 || !deviation.every((value) => value > 0)) {
    throw new UsageError({
      what: 'normalise needs a mean and a positive deviation per channel',
      expected: 'two lists of one length',
      got: `mean [${mean}], deviation [${deviation}]`,
    })
  }
  const means = Float32Array.from(mean)
  const deviations = Float32Array.from(deviation)
  return {
    name: 'normalise',
    options: { mean, deviation },
    apply({ values, channels }) {
      if (channels !== means.length) {
        throw new ShapeError({
          what: 'normalise was made for another number of channels',
          expected: String(means.length),
          got: `images of ${channels}`,
          next: 'Use the normalisation of this data set.',
        })
      }
      for (let at = 0; at < values.length; at += channels) {
        for (let c = 0; c < channels; c++) values[at + c] = Math.fround(values[at + c] - means[c]) / deviations[c]
      }
    },
  }
}
