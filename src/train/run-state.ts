import type { Datasets } from '../data/index.ts'
import type { Score } from '../losses/index.ts'
import type { Network } from '../nn/index.ts'
import { checkpointBytes } from './checkpoint.ts'
import { hasStoppedEarly } from './early-stopping.ts'
import { kernelsNow } from './kernel-record.ts'
import { freshProgress, type Progress } from './progress.ts'
import type { RunLine } from './run-store.ts'
import type { Settings } from './settings.ts'
import type { Updates } from './updates.ts'

/** What is fixed when a run begins. */
export interface RunParts {
  readonly network: Network
  readonly datasets: Datasets
  readonly settings: Settings
  /** All that decides the run's numbers. */
  readonly record: RunLine
  /** How outputs for training samples are judged. */
  readonly score: Score
  /** The samples of the training side that judge the epochs; undefined: the test samples do. */
  readonly validation: Uint32Array | undefined
}

/** A run as it stands: what epochs, judge and recovery share. */
export class RunState {
  readonly network: Network
  readonly datasets: Datasets
  readonly settings: Settings
  readonly record: RunLine
  readonly score: Score
  readonly validation: Uint32Array | undefined
  progress: Progress = freshProgress
  updates: Updates | undefined
  private asked = false
  private agreed = false

  constructor({ network, datasets, settings, record, score, validation }: RunParts) {
    this.network = network
    this.datasets = datasets
    this.settings = settings
    this.record = record
    this.score = score
    this.validation = validation
  }

  /** Whether all epochs are made, or no better one is waited for. */
  get isDone(): boolean {
    const { epochs, earlyStopping } = this.settings
    return this.progress.epoch >= epochs || hasStoppedEarly(this.progress, earlyStopping)
  }

  /** Whether somebody asked it to stop; of several ranks, whether all have heard of it. */
  get stopping(): boolean {
    return this.settings.ranks ? this.agreed : this.isAsked
  }

  /** Whether this process was asked to stop. */
  get isAsked(): boolean {
    return this.asked || this.settings.stop.aborted
  }

  /** All ranks stop once one is asked to. */
  agreeToStop(): void {
    this.agreed = true
  }

  stop(): void {
    this.asked = true
  }

  /** The run as it stands, in bytes from which it can go on. */
  async checkpoint(): Promise<Uint8Array> {
    return checkpointBytes(this.network, {
      progress: this.progress,
      training: { ...this.record, classes: this.datasets.train.classes },
      kernels: kernelsNow(this.settings.backend),
      ...(this.updates ? { optimiser: await this.updates.state() } : {}),
    })
  }

  async save(): Promise<void> {
    await this.settings.store.writeCheckpoint('last', await this.checkpoint())
  }
}
