import { lastStepReached, type Neuron, type Truncation } from '../equations/index.ts'
import { type GradientMapOptions, gradientMap } from './gradient-map.ts'

/** What truncation keeps of a neuron's gradient. */
export interface TruncationMap {
  readonly type: 'truncationMap'
  readonly neuron: string
  readonly T: number
  /** Sizes of the whole gradient map: row t, column t'. */
  readonly size: readonly Float64Array[]
  readonly kept: readonly { readonly name: string; readonly entries: readonly (readonly boolean[])[] }[]
}

/**
 * A neuron's gradient map, and which of its entries the two kinds of truncation keep.
 * @see Huang et al. 2024, Fig. 5
 */
export function truncationMap(neuron: Neuron, k: number, options: GradientMapOptions): TruncationMap {
  const { T } = options
  const { maps } = gradientMap(neuron, options)
  const keptBy = (truncation: Truncation | null) =>
    Array.from({ length: T }, (_, t) =>
      Array.from({ length: T }, (_unused, source) => source >= t && source <= lastStepReached(t, T, truncation)),
    )
  return {
    type: 'truncationMap',
    neuron: neuron.name,
    T,
    size: maps[0].total.size,
    kept: [
      { name: 'everything', entries: keptBy(null) },
      { name: `window of ${k}`, entries: keptBy({ k, kind: 'window' }) },
      { name: `prefix of ${k}`, entries: keptBy({ k, kind: 'prefix' }) },
    ],
  }
}
