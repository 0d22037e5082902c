import type { Parameter } from '../nn/index.ts'

/** What one group of parameters does differently. */
export interface GroupOptions {
  /** Multiplies the learning rate. Default 1. */
  readonly learningRateFactor?: number
  /** In place of the optimiser's own. */
  readonly weightDecay?: number
  /** True: no update at all. */
  readonly frozen?: boolean
}

/** Which group a parameter is in; undefined where it does as all others. */
export type GroupOf = (parameter: Parameter) => GroupOptions | undefined
