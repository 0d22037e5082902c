import type { Normalisation } from '../backend.ts'
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
  const size = x.length / groups
  const repeats = T / shape[0]
  const rows = (size / channels) * (n.statistics === 'merged' ? repeats : 1)
  const mean = new Float64Array(groups * channels)
  const inverse = new Float64Array(groups * channels)
  for (let group = 0; group < groups; group++) {
    for (let c = 0; c < channels; c++) {
      const [average, variance] = moments(x, group * size + c, (group + 1) * size, channels)
      mean[group * channels + c] = average
      inverse[group * channels + c] = 1 / Math.sqrt(variance + n.eps)
      const updates = n.statistics === 'perStep' ? repeats : 1
      const kept = (1 - n.momentum) ** updates
      v.runningMean[c] = kept * v.runningMean[c] + (1 - kept) * average
      v.runningVariance[c] = kept * v.runningVariance[c] + (1 - kept) * ((variance * rows) / (rows - 1))
    }
  }
  return { mean, inverse }
}

/** Mean and biased variance of every `stride`-th value. */
function moments(x: Float64Array, from: number, to: number, stride: number): [number, number] {
  let sum = 0
  let count = 0
  for (let i = from; i < to; i += stride, count++) sum += x[i]
  const mean = sum / count
  let squares = 0
  for (let i = from; i < to; i += stride) squares += (x[i] - mean) ** 2
  return [mean, squares / count]
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
  training: boolean,
): { input: Float64Array; weight: Float64Array; bias: Float64Array } {
  const channels = v.weight.length
  const groups = s.mean.length / channels
  const size = x.length / groups
  const input = new Float64Array(x.length)
  const weight = new Float64Array(channels)
  const bias = new Float64Array(channels)
  for (let k = 0; k < s.mean.length; k++) {
    const c = k % channels
    const from = Math.floor(k / channels) * size + c
    const to = Math.floor(k / channels) * size + size
    let sum = 0
    let product = 0
    for (let i = from; i < to; i += channels) {
      sum += g[i]
      product += g[i] * (x[i] - s.mean[k]) * s.inverse[k]
    }
    weight[c] += product
    bias[c] += sum
    const rows = size / channels
    for (let i = from; i < to; i += channels) {
      const centred = training ? g[i] - sum / rows - ((x[i] - s.mean[k]) * s.inverse[k] * product) / rows : g[i]
      input[i] = v.weight[c] * s.inverse[k] * centred
    }
  }
  return { input, weight, bias }
}
