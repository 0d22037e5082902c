import { UsageError } from '../base/index.ts'
import type { Progress } from './progress.ts'

/** Ends a run whose epochs no longer get better. */
export interface EarlyStopping {
  /** So many epochs in a row may be no better than the best before them. */
  readonly patience: number
}

/** @throws UsageError for a patience out of range, or where no validation images judge the epochs */
export function checkEarlyStopping(
  { patience }: EarlyStopping,
  validation: number | 'none',
  ownValidation: boolean,
): void {
  if (!Number.isSafeInteger(patience) || patience < 1) {
    throw new UsageError({
      what: 'training: earlyStopping.patience out of range',
      expected: 'a whole number of epochs, 1 or more',
      got: String(patience),
    })
  }
  if (validation !== 'none' || ownValidation) return
  throw new UsageError({
    what: 'training: early stopping without validation images',
    got: "validation 'none'",
    next: 'Put a share of the training images aside, such as 0.1: test images that choose the epoch flatter.',
  })
}

/** Whether the epochs that are done say that no better one will come. */
export function hasStoppedEarly({ best, epoch }: Progress, stopping: EarlyStopping | null): boolean {
  return stopping !== null && best !== null && epoch - best.epoch >= stopping.patience
}
