import { percentText } from '../base/index.ts'
import type { Dataset, Targets } from '../data/index.ts'
import type { MixedLabels } from './losses.ts'
import { softHits } from './metrics.ts'

/**
 * What stands where accuracy does. `R2`: of a regression, 1 - squared error / variance of the targets, the mean over outputs;
 * 1 is perfect, 0 is no better than the targets' mean. `label accuracy`: of several labels a sample, the share of labels that
 * are told rightly, there or not there.
 */
export type Measure = 'accuracy' | 'R2' | 'label accuracy'

/** A measure's value for people: `87.35 %`, or `0.913` of R2; a dash for none. */
export function measureText(measure: Measure, value: number | undefined, digits = 2): string {
  if (measure !== 'R2') return percentText(value, digits)
  return value === undefined || !Number.isFinite(value) ? '-' : value.toFixed(digits + 1)
}

/** How outputs are judged. */
export interface Score {
  readonly measure: Measure
  /**
   * The sum over samples of what the measure is the mean of.
   * @param outputs [N, K], means over time
   */
  sum(outputs: ArrayLike<number>, batch: MixedLabels, outputsPerSample: number): number
}

export const classScore: Score = { measure: 'accuracy', sum: softHits }

/** How a data set's samples are judged. @param indices those that are; default: all */
export function scoreOf({ targets, length }: Dataset, indices?: Uint32Array): Score {
  if (!targets) return classScore
  return targets.kind === 'labels' ? labelScore : r2Score(targets, indices ?? Uint32Array.from({ length }, (_, i) => i))
}

export function measureOf(kind: Targets['kind'] | undefined): Measure {
  return kind === 'numbers' ? 'R2' : kind === 'labels' ? 'label accuracy' : 'accuracy'
}

/** What a run's record says of its measure. */
export function measureIn(config: Readonly<Record<string, unknown>>): Measure {
  const { targets } = (config.dataset ?? {}) as { readonly targets?: Targets['kind'] }
  return measureOf(targets)
}

/** Samples all of whose labels are told rightly, there or not there. @param outputs [N, K] */
export function exactMatches(outputs: ArrayLike<number>, targets: ArrayLike<number>, size: number): number {
  let matches = 0
  for (let n = 0; n < targets.length; n += size) {
    let all = true
    for (let i = n; i < n + size; i++) all &&= isRight(outputs[i], targets[i])
    if (all) matches++
  }
  return matches
}

const labelScore: Score = {
  measure: 'label accuracy',
  sum(outputs, { targets = [] }, size) {
    let right = 0
    for (let i = 0; i < targets.length; i++) if (isRight(outputs[i], targets[i])) right++
    return right / size
  },
}

/** A label is told where its probability is above one half. */
function isRight(output: number, target: number): boolean {
  return output > 0 === target > 0.5
}

function r2Score({ size, values }: Targets, indices: Uint32Array): Score {
  const variances = variancesOf(values, size, indices)
  return {
    measure: 'R2',
    sum(outputs, { targets = [] }) {
      let sum = 0
      for (let i = 0; i < targets.length; i++) {
        const squared = (outputs[i] - targets[i]) ** 2
        const variance = variances[i % size]
        // A constant target has no variance to explain: it counts as met or missed.
        sum += variance === 0 ? Number(squared === 0) : 1 - squared / variance
      }
      return sum / size
    },
  }
}

/** Of each output over the samples. */
function variancesOf(values: Float32Array, size: number, indices: Uint32Array): number[] {
  return Array.from({ length: size }, (_, k) => {
    const own = Array.from(indices, (i) => values[i * size + k])
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length
    return own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length
  })
}
