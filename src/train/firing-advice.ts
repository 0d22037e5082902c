import type { LayerRate } from './evaluate.ts'

/** A layer below the first bound is silent, one above the second says nothing either. */
export const silentBelow = 1e-5
export const saturatedAbove = 0.999

/** Warnings, with advice, for layers that never or always fire. */
export function firingAdvice(rates: readonly LayerRate[]): string[] {
  return rates.flatMap(({ layer, rate }) => {
    if (rate < silentBelow) {
      return [
        `warning: layer "${layer}" hardly ever fires (rate ${rate.toExponential(1)}): nothing passes it. ` +
          'Lower its threshold, put BatchNorm in front, or lower the learning rate.',
      ]
    }
    if (rate > saturatedAbove) {
      return [
        `warning: layer "${layer}" always fires (rate ${rate.toFixed(4)}): it carries no information. ` +
          'Raise its threshold, put BatchNorm in front, or check the scale of the input.',
      ]
    }
    return []
  })
}
