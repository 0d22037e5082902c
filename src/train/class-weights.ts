import { UsageError } from '../base/index.ts'
import type { Dataset } from '../data/index.ts'
import type { Loss } from '../losses/index.ts'

/** How much samples of each class count: a number a class, or `balanced`, so that rare classes count as much as common ones. */
export type ClassWeights = readonly number[] | 'balanced'

/**
 * Weights as numbers. Balanced: samples / (classes x samples of the class), as scikit-learn has it; a class without samples
 * gets 1.
 * @param indices the samples that are learned from; default: all
 * @throws UsageError unless there is a number of 0 or more for each class, and one above 0
 */
export function classWeightsOf(weights: ClassWeights, dataset: Dataset, indices?: Uint32Array): readonly number[] {
  const classes = dataset.classes.length
  if (weights !== 'balanced') {
    const fit = weights.length === classes && weights.every((weight) => weight >= 0 && Number.isFinite(weight))
    if (fit && weights.some((weight) => weight > 0)) return weights
    throw new UsageError({
      what: 'training: class weights that do not fit the classes',
      place: dataset.name,
      expected: `${classes} numbers of 0 or more, not all 0; or balanced`,
      got: weights.join(', '),
    })
  }
  const chosen = indices ?? Uint32Array.from({ length: dataset.length }, (_, i) => i)
  const counts = new Array<number>(classes).fill(0)
  for (const i of chosen) counts[dataset.label(i)]++
  return counts.map((count) => (count === 0 ? 1 : chosen.length / (classes * count)))
}

/**
 * A loss whose samples count by their class: the cross entropy of each is multiplied by the weight of its label, and the mean
 * is over samples, not over weights.
 * @throws UsageError for a loss that pulls logits to the targets themselves
 */
export function weightedLoss(loss: Loss, weights: readonly number[]): Loss {
  if (loss.own || typeof loss.options(1).squaredErrorTo !== 'number') {
    throw new UsageError({
      what: `training: class weights with the loss ${loss.name}`,
      expected: 'a loss of cross entropy, whose targets can be weighed',
      next: loss.own ? 'Weigh the classes in your own loss.' : 'Leave the weights out, or choose another loss.',
    })
  }
  return {
    ...loss,
    targets: (labels, classes) =>
      loss.targets(labels, classes).map((target, i) => target * weights[labels[Math.floor(i / classes)]]),
  }
}
