import type { Shape } from '../base/index.ts'
import type { LossOptions, LossReduction } from './backend.ts'

/**
 * The loss of logits [T, N, K] against targets [N, K], on the host in float64: logits are few, and every backend that can
 * read them without waiting shares this.
 * @returns the loss, and its gradient [T, N, K]
 * @throws ShapeError where targets do not fit the logits
 */
export function lossValues(
  logits: { readonly shape: Shape; readonly values: Float64Array },
  targets: { readonly shape: Shape; readonly values: Float64Array },
  options: LossOptions,
): { value: number; gradient: Float64Array } {
  const [T, N, K] = logits.shape
  const { values } = logits
  const rows = reduce(values, T, N * K, options.reduction)
  const gradient = new Float64Array(rows.length)
  const value =
    crossEntropy(rows, targets.values, K, options.crossEntropy, gradient) +
    squaredError(rows, targets.values, options, gradient)
  return { value, gradient: spread(gradient, values, T, N * K, options.reduction) }
}

/** The rows that the loss reads: [T, N, K] or [N, K]. */
function reduce(values: Float64Array, T: number, size: number, reduction: LossReduction): Float64Array {
  if (reduction === 'step') return values
  const rows = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    if (reduction === 'last') rows[i] = values[(T - 1) * size + i]
    else if (reduction === 'max') rows[i] = values[firstMaximalStep(values, T, size, i) * size + i]
    else {
      for (let t = 0; t < T; t++) rows[i] += values[t * size + i]
      if (reduction === 'mean') rows[i] /= T
    }
  }
  return rows
}

/** The gradient of the logits from that of the rows. */
function spread(
  g: Float64Array,
  values: Float64Array,
  T: number,
  size: number,
  reduction: LossReduction,
): Float64Array {
  if (reduction === 'step') return g
  const result = new Float64Array(T * size)
  for (let i = 0; i < size; i++) {
    if (reduction === 'last') result[(T - 1) * size + i] = g[i]
    else if (reduction === 'max') result[firstMaximalStep(values, T, size, i) * size + i] = g[i]
    else for (let t = 0; t < T; t++) result[t * size + i] = reduction === 'mean' ? g[i] / T : g[i]
  }
  return result
}

function firstMaximalStep(values: Float64Array, T: number, size: number, i: number): number {
  let best = 0
  for (let t = 1; t < T; t++) if (values[t * size + i] > values[best * size + i]) best = t
  return best
}

/** Mean over rows of -sum(target log softmax); adds its gradient. */
function crossEntropy(rows: Float64Array, targets: Float64Array, K: number, factor: number, g: Float64Array): number {
  if (factor === 0) return 0
  const count = rows.length / K
  let total = 0
  for (let r = 0; r < rows.length; r += K) {
    const row = rows.subarray(r, r + K)
    const highest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
    const sum = row.reduce((a, b) => a + Math.exp(b - highest), 0)
    let mass = 0
    for (let k = 0; k < K; k++) mass += targets[(r + k) % targets.length]
    for (let k = 0; k < K; k++) {
      const target = targets[(r + k) % targets.length]
      total -= target * (row[k] - highest - Math.log(sum))
      g[r + k] += (factor * ((mass * Math.exp(row[k] - highest)) / sum - target)) / count
    }
  }
  return (factor * total) / count
}

/** Mean over all values of (logit - goal)^2; adds its gradient. */
function squaredError(rows: Float64Array, targets: Float64Array, options: LossOptions, g: Float64Array): number {
  const { squaredError: factor, squaredErrorTo: to } = options
  if (factor === 0) return 0
  let total = 0
  for (let i = 0; i < rows.length; i++) {
    const goal = typeof to === 'number' ? to : to.off + (to.on - to.off) * targets[i % targets.length]
    total += (rows[i] - goal) ** 2
    g[i] += (factor * 2 * (rows[i] - goal)) / rows.length
  }
  return (factor * total) / rows.length
}
