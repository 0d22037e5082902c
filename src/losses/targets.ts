import { UsageError } from '../base/index.ts'
import type { Targets } from '../data/index.ts'
import { type Loss, type OwnLoss, tetLoss } from './losses.ts'

/**
 * Squared error between the mean outputs over time and real targets, the mean over samples and outputs: regression. For data
 * sets with real targets, such as `arrayDataset({ ..., y: Float32Array })`, where it is the default.
 */
export function squaredErrorLoss(): Loss {
  return {
    name: 'squaredError',
    takes: 'numbers',
    options: () => ({ reduction: 'mean', crossEntropy: 0, squaredError: 1, squaredErrorTo: { off: 0, on: 1 } }),
    targets: needsTargets('squaredErrorLoss', 'real targets'),
  }
}

/**
 * Binary cross entropy of the mean logits over time, for each label on its own; the mean over samples and labels. For data
 * sets with several labels a sample, where it is the default.
 */
export function severalLabelsLoss(): Loss {
  return {
    name: 'severalLabels',
    takes: 'labels',
    own: binaryCrossEntropy,
    options: () => ({ reduction: 'mean', crossEntropy: 0, squaredError: 0, squaredErrorTo: 0 }),
    targets: needsTargets('severalLabelsLoss', 'several labels'),
  }
}

/** What a data set is learned with where nobody says otherwise. */
export function usualLoss(targets: Targets | undefined): Loss {
  if (!targets) return tetLoss()
  return targets.kind === 'numbers' ? squaredErrorLoss() : severalLabelsLoss()
}

/** log(1 + e^z) - y z, which neither overflows nor cancels. */
const binaryCrossEntropy: OwnLoss = (logits, { targets, T, N, classes }) => {
  const size = N * classes
  const gradient = new Float64Array(logits.length)
  let value = 0
  for (let i = 0; i < size; i++) {
    let z = 0
    for (let t = 0; t < T; t++) z += logits[t * size + i] / T
    value += (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - targets[i] * z) / size
    const slope = (1 / (1 + Math.exp(-z)) - targets[i]) / (size * T)
    for (let t = 0; t < T; t++) gradient[t * size + i] = slope
  }
  return { value, gradient }
}

function needsTargets(loss: string, what: string): Loss['targets'] {
  return () => {
    throw new UsageError({
      what: `${loss} needs a data set with ${what}`,
      got: 'one class a sample',
      next: `Give arrayDataset ${what} as y, or choose a loss for classes, such as tetLoss().`,
    })
  }
}
