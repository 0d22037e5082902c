import type { Random } from '../base/index.ts'
import type { TemporalMixing } from '../equations/index.ts'
import { uniformStart } from './starts.ts'

/** [T, T], or [k] where all steps share their weights. */
export function temporalShape(mixing: TemporalMixing, T: number): number[] {
  return mixing.kind === 'sliding' ? [mixing.k] : [T, T]
}

/** Start weights: uniform in +-1 / sqrt(T); of the sliding map ..., 1/4, 1/2, 1, the latest input last. */
export function temporalStart(mixing: TemporalMixing, T: number, random: Random): Float64Array {
  if (mixing.kind !== 'sliding') return uniformStart(T * T, T)(random)
  return Float64Array.from({ length: mixing.k }, (_, i) => 2 ** (i + 1 - mixing.k))
}

/**
 * The weights of every step, [T, T], row t for the inputs of step t; 0 for those that do not count.
 * @param weights as a layer learns them, of `temporalShape`
 */
export function temporalMatrix(mixing: TemporalMixing, T: number, weights: ArrayLike<number>): Float64Array {
  const matrix = new Float64Array(T * T)
  for (let t = 0; t < T; t++) {
    const from = mixing.kind === 'full' ? 0 : Math.max(0, t - mixing.k + 1)
    const to = mixing.kind === 'full' ? T - 1 : t
    for (let j = from; j <= to; j++) {
      matrix[t * T + j] = mixing.kind === 'sliding' ? weights[mixing.k - 1 - t + j] : weights[t * T + j]
    }
  }
  return matrix
}
