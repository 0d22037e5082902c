import type { LossOptions } from '../backends/index.ts'
import { UsageError } from '../base/index.ts'

/** What a loss of one's own is told of a batch. */
export interface LossBatch {
  /** [N]; zeros where samples have real targets. */
  readonly labels: ArrayLike<number>
  /** [N, classes]: 1 at each label, or the data set's real targets. */
  readonly targets: ArrayLike<number>
  readonly T: number
  readonly N: number
  /** Outputs of a sample. */
  readonly classes: number
}

/**
 * A loss of one's own: its value, a mean over the batch, and its gradient with respect to the logits.
 * @param logits [T, N, classes], flat
 * @returns `gradient`: [T, N, classes], flat
 */
export type OwnLoss = (
  logits: Float64Array,
  batch: LossBatch,
) => { readonly value: number; readonly gradient: ArrayLike<number> }

/** A loss of a function; one that is a loss already stays. */
export function asLoss(loss: Loss | OwnLoss): Loss {
  if (typeof loss !== 'function') return loss
  const nothing: LossOptions = { reduction: 'step', crossEntropy: 0, squaredError: 0, squaredErrorTo: 0 }
  return { name: loss.name || 'own loss', takes: 'any', own: loss, options: () => nothing, targets: oneHot }
}

/** A loss as a value: what a backend computes, and how targets are made of labels. */
export interface Loss {
  readonly name: string
  /** Which targets it is made for; `any`: it looks at them itself. Default: classes. */
  readonly takes?: 'classes' | 'numbers' | 'labels' | 'any'
  /** Label smoothing in `targets`, for the run record; left out: none. */
  readonly smoothing?: number
  /** What else decides its numbers, for the run record. */
  readonly parameters?: { readonly [name: string]: number }
  /** A loss of a program, in place of what a backend computes. */
  readonly own?: OwnLoss
  /** What the backend computes for a run of T steps. */
  options(T: number): LossOptions
  /** Targets [N, K] from labels 0..classes-1. @throws UsageError for a label out of range */
  targets(labels: ArrayLike<number>, classes: number): Float64Array
}

/** Names that losses had in records of version 0.1. */
const formerNames: { readonly [name: string]: string } = { paper: 'tet' }

/** What a loss of a record is called now. */
export function lossNameNow(name: string): string {
  return Object.hasOwn(formerNames, name) ? formerNames[name] : name
}

/** 1 at each label. */
export function oneHot(labels: ArrayLike<number>, classes: number): Float64Array {
  const targets = new Float64Array(labels.length * classes)
  for (let i = 0; i < labels.length; i++) {
    if (!(labels[i] >= 0 && labels[i] < classes)) {
      throw new UsageError({ what: 'a label is out of range', expected: `0..${classes - 1}`, got: `${labels[i]}` })
    }
    targets[i * classes + labels[i]] = 1
  }
  return targets
}

/** Samples that were mixed: `own` of the sample's label, the rest of the other's. */
export interface MixedLabels {
  readonly labels: ArrayLike<number>
  /** [N, K]: real targets, or several labels, in place of the labels. */
  readonly targets?: ArrayLike<number>
  readonly mix?: { readonly others: ArrayLike<number>; readonly own: ArrayLike<number> }
}

/**
 * A loss's targets for a batch, [N, K]: the samples' own, or those of their labels; where samples were mixed, so are the targets of their labels.
 * @throws UsageError for a label out of range
 */
export function softTargets(loss: Loss, batch: MixedLabels, classes: number): Float64Array {
  const { labels, mix } = batch
  if (batch.targets) return Float64Array.from(batch.targets)
  const targets = loss.targets(labels, classes)
  if (!mix) return targets
  const others = loss.targets(mix.others, classes)
  return targets.map((target, i) => {
    const own = mix.own[Math.floor(i / classes)]
    return own * target + (1 - own) * others[i]
  })
}

/** Targets with the share `smoothing` of each spread evenly over all classes. */
function smoothed(smoothing: number): Loss['targets'] {
  return (labels, classes) => oneHot(labels, classes).map((target) => target * (1 - smoothing) + smoothing / classes)
}

function withSmoothing(smoothing: number): Pick<Loss, 'targets' | 'smoothing'> {
  return smoothing ? { targets: smoothed(smoothing), smoothing } : { targets: oneHot }
}

export interface TetLossOptions {
  /** Weight of the squared error; the cross entropy has the rest. Default 0.05. */
  readonly lambda?: number
  /** What the squared error pulls every logit to: 1, or the one-hot target (DVS-CIFAR10). Default 1. */
  readonly to?: 1 | 'oneHot'
  /** Default 0. */
  readonly smoothing?: number
}

/**
 * Cross entropy of every step's logits and squared distance of the logits to a constant.
 * @see Deng et al. 2022 (TET); Huang et al. 2024
 */
export function tetLoss({ lambda = 0.05, to = 1, smoothing = 0 }: TetLossOptions = {}): Loss {
  const options: LossOptions = {
    reduction: 'step',
    crossEntropy: 1 - lambda,
    squaredError: lambda,
    squaredErrorTo: to === 1 ? 1 : { off: 0, on: 1 },
  }
  return { name: 'tet', options: () => options, ...withSmoothing(smoothing) }
}

/** Cross entropy of the mean logits over time. */
export function rateLoss({ smoothing = 0 }: { readonly smoothing?: number } = {}): Loss {
  return {
    name: 'rate',
    options: () => ({ reduction: 'mean', crossEntropy: 1, squaredError: 0, squaredErrorTo: 0 }),
    ...withSmoothing(smoothing),
  }
}

/** Squared distance of spike counts to a share of T: `correct` for the label's neuron, `incorrect` for the others. */
export function spikeCountLoss({ correct = 0.8, incorrect = 0.2 } = {}): Loss {
  return {
    name: 'spikeCount',
    options: (T) => ({
      reduction: 'sum',
      crossEntropy: 0,
      squaredError: 1,
      squaredErrorTo: { off: incorrect * T, on: correct * T },
    }),
    targets: oneHot,
  }
}

/** Cross entropy of a leaky readout's potential (a last layer of `leakyReadout` neurons): its largest or last value. */
export function membraneLoss({ read = 'max' }: { readonly read?: 'max' | 'last' } = {}): Loss {
  return {
    name: 'membrane',
    options: () => ({ reduction: read, crossEntropy: 1, squaredError: 0, squaredErrorTo: 0 }),
    targets: oneHot,
  }
}
