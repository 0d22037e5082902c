import type { Network } from '../nn/index.ts'
import type { EpochRecord, Progress } from './progress.ts'
import type { RunResult } from './run-result.ts'
import type { RunLine } from './run-store.ts'

/** One update as hooks see it. */
export interface UpdateRecord {
  /** From 1. */
  readonly epoch: number
  /** Of the whole run, from 1. */
  readonly update: number
  /** Updates of this epoch that are done, of `updatesPerEpoch`. */
  readonly position: number
  readonly updatesPerEpoch: number
  readonly epochs: number
  /** Means over the update's images. */
  readonly loss: number
  readonly accuracy: number
  readonly learningRate: number
  /** Before clipping. */
  readonly gradientNorm: number
  /** Of this epoch so far. */
  readonly imagesPerSecond: number
}

/** A run as hooks see it. */
export interface Training {
  readonly network: Network
  readonly config: RunLine
  readonly progress: Progress
  readonly updatesPerEpoch: number
  /** Ends the run after the update under way, as Ctrl-C does. */
  stop(): void
}

/** What is called while a network trains. Each may read everything and stop the run. */
export interface TrainHooks {
  onStart?(training: Training): void | Promise<void>
  onUpdate?(update: UpdateRecord, training: Training): void | Promise<void>
  onEpoch?(epoch: EpochRecord, training: Training): void | Promise<void>
  onEnd?(result: RunResult, training: Training): void | Promise<void>
}
