import { UsageError } from '../base/index.ts'
import type { Recording } from './recording.ts'

export interface Bins {
  readonly low: number
  readonly high: number
  /** Shares of all values, in 0..1, of equal steps from low to high. */
  readonly shares: Float64Array
}

/**
 * How often values fall into equal steps between the least and the largest of them, or given ends.
 * @throws UsageError for fewer than one bin
 */
export function histogram(values: ArrayLike<number>, bins = 40, ends?: readonly [number, number]): Bins {
  if (!Number.isSafeInteger(bins) || bins < 1) {
    throw new UsageError({ what: 'a histogram without bins', expected: 'a whole number, 1 or more', got: String(bins) })
  }
  let [low, high] = ends ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; !ends && i < values.length; i++) {
    low = Math.min(low, values[i])
    high = Math.max(high, values[i])
  }
  if (!(high > low)) [low, high] = [Number.isFinite(low) ? low - 0.5 : 0, Number.isFinite(high) ? high + 0.5 : 1]
  const shares = new Float64Array(bins)
  for (let i = 0; i < values.length; i++) {
    const bin = Math.min(bins - 1, Math.floor(((values[i] - low) / (high - low)) * bins))
    if (bin >= 0 && values[i] <= high) shares[bin] += 1 / values.length
  }
  return { low, high, shares }
}

export interface Histograms {
  readonly type: 'histograms'
  readonly about: string
  readonly of: string
  readonly histograms: readonly (Bins & { readonly name: string })[]
}

/**
 * Histograms of one value of recorded neurons, all between the same ends.
 * @param value as recorded: `u` after the reset, `u#1` before it. Default `u#1`, or the first state where there is none
 */
export function histograms({ recordings, about }: Recording, value = 'u#1', bins = 40): Histograms {
  const chosen = recordings.flatMap(({ name, values, states }) => {
    const own = values[value] ?? values[states[0]]
    return own ? [{ name, own }] : []
  })
  const all = histogram(
    chosen.flatMap(({ own }) => [...own]),
    bins,
  )
  const ends = [all.low, all.high] as const
  return {
    type: 'histograms',
    about,
    of: value,
    histograms: chosen.map(({ name, own }) => ({ name, ...histogram(own, bins, ends) })),
  }
}
