import { UsageError } from '../base/index.ts'
import { asLoss, type Loss, type LossBatch, type OwnLoss, oneHot } from './losses.ts'

/** Losses that look at when an output fires, not only at how often. */

/** A loss computed from the outputs on the host, with what it was made with for the record of a run. */
function ofOutputs(name: string, parameters: { readonly [name: string]: number }, own: OwnLoss): Loss {
  return { ...asLoss(own), name, parameters }
}

function positive(name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return
  throw new UsageError({ what: `${name} is out of range`, expected: 'a number above 0', got: String(value) })
}

export interface FirstSpikeLossOptions {
  /** Steps that one class must be ahead of another for odds of e. Default 1. */
  readonly scale?: number
}

/**
 * Cross entropy of softmax(-t / scale), where t_k is the step of class k's first spike, T if it never fires: the label's
 * neuron learns to fire before all others. Outputs are spikes, or numbers that count as the chance of one: with q_j the chance
 * that none came before step j, t = q_1 + ... + q_T, which for spikes is the step itself and has a gradient everywhere.
 * @see Mostafa 2018; Zhang et al. 2022 (rectified linear postsynaptic potentials)
 */
export function firstSpikeLoss({ scale = 1 }: FirstSpikeLossOptions = {}): Loss {
  positive('the scale of the first-spike loss', scale)
  return ofOutputs('first-spike', { scale }, (outputs, batch) => firstSpikes(outputs, batch, scale))
}

function firstSpikes(outputs: Float64Array, { labels, T, N, classes }: LossBatch, scale: number) {
  const size = N * classes
  const times = new Float64Array(size)
  const chance = outputs.map((value) => Math.min(1, Math.max(0, value)))
  for (let i = 0; i < size; i++) {
    let none = 1
    for (let t = 0; t < T; t++) {
      none *= 1 - chance[t * size + i]
      times[i] += none
    }
  }
  const { value, gradient: toTimes } = crossEntropy(times, labels, N, classes, -1 / scale)
  const gradient = new Float64Array(outputs.length)
  for (let i = 0; i < size; i++) {
    const before = new Float64Array(T)
    let none = 1
    for (let t = 0; t < T; t++) {
      before[t] = none
      none *= 1 - chance[t * size + i]
    }
    // What is still to come after step t, if nothing fires at it: 1 + (1 - o[t+1]) + ...
    let later = 0
    for (let t = T - 1; t >= 0; t--) {
      const at = t * size + i
      const inside = outputs[at] >= 0 && outputs[at] <= 1
      gradient[at] = inside ? -toTimes[i] * before[t] * (1 + later) : 0
      later = (1 - chance[at]) * (1 + later)
    }
  }
  return { value, gradient }
}

/** Cross entropy of softmax(factor * score) against labels, a mean over samples, and dL/dscore. */
function crossEntropy(scores: Float64Array, labels: ArrayLike<number>, N: number, classes: number, factor: number) {
  const targets = oneHot(labels, classes)
  const gradient = new Float64Array(N * classes)
  let value = 0
  for (let n = 0; n < N; n++) {
    const row = Array.from(scores.subarray(n * classes, (n + 1) * classes), (score) => factor * score)
    const largest = Math.max(...row)
    const sum = row.reduce((total, score) => total + Math.exp(score - largest), 0)
    row.forEach((score, k) => {
      const at = n * classes + k
      const log = score - largest - Math.log(sum)
      value -= (targets[at] * log) / N
      gradient[at] = (factor * (Math.exp(log) - targets[at])) / N
    })
  }
  return { value, gradient }
}

export interface VanRossumLossOptions {
  /** Steps by which an exponential kernel decays to 1/e. Default 5. */
  readonly tau?: number
  /** Share of steps at which the label's neuron should fire. Default 0.8. */
  readonly correct?: number
  /** That of the others. Default 0.05. */
  readonly incorrect?: number
}

/**
 * Van Rossum's distance between the outputs and spike trains that fire evenly at a wanted rate: both are filtered by exp(-t /
 * tau), and the squared difference is summed over time and divided by tau; the mean is over samples and classes.
 * @see van Rossum 2001
 */
export function vanRossumLoss(options: VanRossumLossOptions = {}): Loss {
  const { tau = 5, correct = 0.8, incorrect = 0.05 } = options
  positive('tau of the van Rossum loss', tau)
  for (const rate of [correct, incorrect])
    if (!(rate >= 0 && rate <= 1))
      throw new UsageError({
        what: 'a rate of the van Rossum loss is out of range',
        expected: '0 to 1',
        got: `${rate}`,
      })
  return ofOutputs('van-rossum', { tau, correct, incorrect }, (outputs, { labels, T, N, classes }) => {
    const targets = oneHot(labels, classes)
    const wanted = new Float64Array(outputs.length)
    for (let t = 0; t < T; t++)
      for (let i = 0; i < N * classes; i++) wanted[t * N * classes + i] = evenSpike(t, targets[i] ? correct : incorrect)
    return vanRossumDistance(outputs, wanted, T, tau)
  })
}

/** 1 at the steps of a train whose spikes come as evenly as whole steps allow. */
function evenSpike(t: number, rate: number): number {
  return Math.floor((t + 1) * rate + 1e-9) - Math.floor(t * rate + 1e-9)
}

/**
 * Van Rossum's distance of two sets of spike trains, a mean over trains, and its gradient with respect to the first: for
 * losses of your own, whose targets are recorded trains.
 * @param outputs [T, M], flat
 * @param targets of the same shape
 * @param tau steps by which the kernel decays to 1/e
 * @throws UsageError where sizes differ
 */
export function vanRossumDistance(
  outputs: ArrayLike<number>,
  targets: ArrayLike<number>,
  T: number,
  tau: number,
): { value: number; gradient: Float64Array } {
  if (outputs.length !== targets.length || outputs.length % T !== 0)
    throw new UsageError({
      what: 'two sets of spike trains are of unlike sizes',
      expected: `${outputs.length} values, T = ${T} times as many as trains`,
      got: `${targets.length}`,
    })
  const M = outputs.length / T
  const decay = Math.exp(-1 / tau)
  const gradient = new Float64Array(outputs.length)
  let value = 0
  for (let i = 0; i < M; i++) {
    const apart = new Float64Array(T)
    let filtered = 0
    for (let t = 0; t < T; t++) {
      filtered = decay * filtered + outputs[t * M + i] - targets[t * M + i]
      apart[t] = filtered
      value += filtered ** 2 / (tau * M)
    }
    let back = 0
    for (let t = T - 1; t >= 0; t--) {
      back = decay * back + (2 * apart[t]) / (tau * M)
      gradient[t * M + i] = back
    }
  }
  return { value, gradient }
}

export interface MembraneRegressionLossOptions {
  /** What the label's output is drawn to at every step. Default 1. */
  readonly on?: number
  /** That of the others. Default 0. */
  readonly off?: number
}

/**
 * Squared distance of every step's output, such as the potential of a leaky readout, to a wanted value: a mean over steps,
 * samples and classes.
 * @see Eshraghian et al. 2023 (mean square membrane loss)
 */
export function membraneRegressionLoss({ on = 1, off = 0 }: MembraneRegressionLossOptions = {}): Loss {
  return {
    name: 'membrane-regression',
    options: () => ({ reduction: 'step', crossEntropy: 0, squaredError: 1, squaredErrorTo: { off, on } }),
    targets: oneHot,
  }
}

/** Losses of this file by the names of the command line. */
export const temporalLosses: { readonly [name in 'first-spike' | 'van-rossum' | 'membrane-regression']: () => Loss } = {
  'first-spike': () => firstSpikeLoss(),
  'van-rossum': () => vanRossumLoss(),
  'membrane-regression': () => membraneRegressionLoss(),
}
