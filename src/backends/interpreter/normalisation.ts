import type { Normalisation, RankSums } from '../backend.ts'
import { denseOf, type HostHandle, type Memory } from './memory.ts'

/** Mean and 1 / sqrt(variance + eps) of each channel in each group of rows: one group a step, or one in all. */
export interface Statistics {
  readonly mean: Float64Array
  readonly inverse: Float64Array
}

/** The vectors of a Normalisation in ordinary memory. */
interface Vectors {
  readonly weight: Float64Array
  readonly bias: Float64Array
  readonly runningMean: Float64Array
  readonly runningVariance: Float64Array
}

export function vectorsOf(memory: Memory, n: Normalisation): Vectors {
  const read = (h: Normalisation['weight']) => denseOf(memory.open(h))
  return {
    weight: read(n.weight),
    bias: read(n.bias),
    runningMean: read(n.runningMean),
    runningVariance: read(n.runningVariance),
  }
}

/**
 * Statistics of x [S, rows, C], where S is T or 1 (one frame repeated T times); in training the running values move.
 * @throws ShapeError where a statistic is over a single value
 */
export function statistics(
  x: Float64Array,
  shape: HostHandle['shape'],
  T: number,
  n: Normalisation,
  v: Vectors,
): Statistics {
  const channels = v.weight.length
  if (!n.training) {
    return {
      mean: v.runningMean.slice(),
      inverse: v.runningVariance.map((variance) => 1 / Math.sqrt(variance + n.eps)),
    }
  }
  const groups = n.statistics === 'perStep' ? shape[0] : 1
  const repeats = T / shape[0]
  const found = moments(x, groups, channels, n.ranks)
  const rows = found.rows * (n.statistics === 'merged' ? repeats : 1)
  const inverse = found.variance.map((variance) => 1 / Math.sqrt(variance + n.eps))
  const kept = (1 - n.momentum) ** (n.statistics === 'perStep' ? repeats : 1)
  for (const [k, average] of found.mean.entries()) {
    const c = k % channels
    v.runningMean[c] = kept * v.runningMean[c] + (1 - kept) * average
    v.runningVariance[c] = kept * v.runningVariance[c] + (1 - kept) * ((found.variance[k] * rows) / (rows - 1))
  }
  return { mean: found.mean, inverse }
}

/** Mean and biased variance of each channel in each group of rows, over the rows of all ranks where there are several. */
function moments(
  x: Float64Array,
  groups: number,
  channels: number,
  ranks: RankSums | undefined,
): { mean: Float64Array; variance: Float64Array; rows: number } {
  const size = x.length / groups
  const each = (value: (i: number, k: number) => number): Float64Array => {
    const sums = new Float64Array(groups * channels)
    for (let i = 0; i < x.length; i++) {
      const k = Math.floor(i / size) * channels + (i % channels)
      sums[k] += value(i, k)
    }
    return sums
  }
  const [rows, ...sums] = overRanks([size / channels, ...each((i) => x[i])], ranks)
  const mean = Float64Array.from(sums, (sum) => sum / rows)
  const squares = overRanks([...each((i, k) => (x[i] - mean[k]) ** 2)], ranks)
  return { mean, variance: Float64Array.from(squares, (square) => square / rows), rows }
}

/** Values added up over all ranks whose samples count; as they are where there is one process. */
function overRanks(values: readonly number[], ranks: RankSums | undefined): readonly number[] {
  if (!ranks) return values
  const message = Float64Array.from(values, (value) => (ranks.counts ? value : 0))
  ranks.sum(message)
  return [...message]
}

/** (x - mean) / sqrt(variance + eps) * weight + bias. */
export function normalise(x: Float64Array, s: Statistics, v: Vectors): Float64Array {
  const channels = v.weight.length
  const size = (x.length * channels) / s.mean.length
  const y = new Float64Array(x.length)
  for (let i = 0; i < x.length; i++) {
    const c = i % channels
    const k = Math.floor(i / size) * channels + c
    y[i] = (x[i] - s.mean[k]) * s.inverse[k] * v.weight[c] + v.bias[c]
  }
  return y
}

/** Gradients of x, weight and bias from that of y. Batch statistics depend on x, running ones do not. */
export function normaliseBackward(
  x: Float64Array,
  g: Float64Array,
  s: Statistics,
  v: Vectors,
  n: Pick<Normalisation, 'training' | 'ranks'>,
): { input: Float64Array; weight: Float64Array; bias: Float64Array } {
  const channels = v.weight.length
  const groups = s.mean.length / channels
  const size = x.length / groups
  const groupOf = (i: number) => Math.floor(i / size) * channels + (i % channels)
  const sums = new Float64Array(s.mean.length)
  const products = new Float64Array(s.mean.length)
  for (let i = 0; i < x.length; i++) {
    const k = groupOf(i)
    sums[k] += g[i]
    products[k] += g[i] * (x[i] - s.mean[k]) * s.inverse[k]
  }
  const weight = new Float64Array(channels)
  const bias = new Float64Array(channels)
  for (let k = 0; k < sums.length; k++) {
    weight[k % channels] += products[k]
    bias[k % channels] += sums[k]
  }
  const [rows, ...all] = overRanks([size / channels, ...sums, ...products], n.ranks)
  // What stands in for nothing has moved no statistics.
  const movesThem = n.training && n.ranks?.counts !== false
  const input = Float64Array.from(g, (value, i) => {
    const k = groupOf(i)
    const deviation = (x[i] - s.mean[k]) * s.inverse[k]
    const centred = movesThem ? value - all[k] / rows - (deviation * all[sums.length + k]) / rows : value
    return v.weight[k % channels] * s.inverse[k] * centred
  })
  return { input, weight, bias }
}
