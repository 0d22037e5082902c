import type { LayerRate } from './evaluate.ts'

/** A layer below the first bound is silent, one above the second says nothing either. */
export const silentBelow = 1e-5
export const saturatedAbove = 0.999

/**
 * Warnings, with advice, for layers that never or always fire.
 * @param normalised whether BatchNorm stands in front of a layer's neurons already; default: it does not
 */
export function firingAdvice(
  rates: readonly LayerRate[],
  normalised: (layer: string) => boolean = () => false,
): string[] {
  const norm = (layer: string) => (normalised(layer) ? '' : ', put BatchNorm in front')
  return rates.flatMap(({ layer, rate }) => {
    if (rate < silentBelow) {
      return [
        `warning: layer "${layer}" hardly ever fires (rate ${rate === 0 ? '0' : rate.toExponential(1)}): nothing passes it. ` +
          `Lower its threshold${norm(layer)}, or lower the learning rate.`,
      ]
    }
    if (rate > saturatedAbove) {
      return [
        `warning: layer "${layer}" always fires (rate ${rate.toFixed(4)}): it carries no information. ` +
          `Raise its threshold${norm(layer)}, or check the scale of the input.`,
      ]
    }
    return []
  })
}
