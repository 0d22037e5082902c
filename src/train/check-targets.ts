import { UsageError } from '../base/index.ts'
import type { Dataset } from '../data/index.ts'
import type { Loss } from '../losses/index.ts'

const words = { classes: 'one class a sample', numbers: 'real targets', labels: 'several labels a sample' } as const

const losses = {
  classes: 'a loss for classes, such as tetLoss() or rateLoss()',
  numbers: 'squaredErrorLoss()',
  labels: 'severalLabelsLoss()',
} as const

/** @throws UsageError where a loss is made for other targets than the data set has */
export function checkLossFits(
  { name, takes = 'classes' }: Loss,
  { name: place, targets }: Pick<Dataset, 'name' | 'targets'>,
): void {
  const kind = targets?.kind ?? 'classes'
  if (takes === 'any' || takes === kind) return
  throw new UsageError({
    what: `the loss ${name} is made for ${words[takes]}`,
    place,
    expected: losses[kind],
    got: words[kind],
    next: 'Leave the loss out, for the usual one of these targets, or give one of your own.',
  })
}

/** @throws UsageError where the sides of a data set lead to different things, or the options are made for classes alone */
export function checkTargets(
  { train, test }: { readonly train: Dataset; readonly test: Dataset },
  options: { readonly mixing: unknown; readonly classWeights: unknown },
): void {
  const kindOf = ({ targets }: Dataset) => targets?.kind ?? 'classes'
  if (kindOf(train) !== kindOf(test)) {
    throw new UsageError({
      what: 'training and test samples lead to different things',
      place: `${train.name}, ${test.name}`,
      expected: words[kindOf(train)],
      got: words[kindOf(test)],
      next: 'Give both sides the same kind of y.',
    })
  }
  for (const name of ['mixing', 'classWeights'] as const) {
    if (!train.targets || options[name] === null) continue
    throw new UsageError({
      what: `training: ${name} needs one class a sample`,
      place: train.name,
      got: words[kindOf(train)],
      next: `Leave ${name} out.`,
    })
  }
}
