import type { LayerRate } from './evaluate.ts'
import type { LossScale } from './loss-scale.ts'

/** One epoch as the run record has it. Accuracies are in 0..1; of a regression, R2 stands in their place. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number
  /** Updates of the whole run so far. */
  readonly update: number
  readonly trainLoss: number
  readonly trainAccuracy: number
  readonly validationLoss?: number
  readonly validationAccuracy?: number
  readonly testLoss?: number
  readonly testAccuracy?: number
  /** Of the last update. */
  readonly learningRate: number
  /** Of training alone. */
  readonly imagesPerSecond: number
  readonly seconds: number
  /** Seconds that training waited for batches, and their share of its time. */
  readonly loaderSeconds: number
  readonly loaderShare: number
  /** Over the images that judged the epoch. */
  readonly firingRates: readonly LayerRate[]
}

/** Sums over the part of an epoch that is done. */
export interface EpochSums {
  readonly loss: number
  readonly correct: number
  readonly images: number
  readonly seconds: number
  readonly loaderSeconds: number
  readonly learningRate: number
}

/** Where a run is. With parameters, running statistics and the optimiser's memory, all that it needs to go on. */
export interface Progress {
  /** The epoch under way, from 0. */
  readonly epoch: number
  /** Batches of it that are done; random numbers follow from seed, epoch, position and update. */
  readonly position: number
  /** Updates done; one that was skipped for its gradients is none. */
  readonly update: number
  readonly sums: EpochSums
  readonly history: readonly EpochRecord[]
  /** Where gradients are stored as float16. */
  readonly lossScale?: LossScale | undefined
  /** How many exchanges of neurons have been made; left out: none. */
  readonly exchanged?: number
  /** The epoch (from 1) that judged best so far. */
  readonly best: { readonly epoch: number; readonly accuracy: number } | null
}

export const noSums: EpochSums = { loss: 0, correct: 0, images: 0, seconds: 0, loaderSeconds: 0, learningRate: 0 }

export const freshProgress: Progress = { epoch: 0, position: 0, update: 0, sums: noSums, history: [], best: null }
