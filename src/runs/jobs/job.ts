import type { StopSignal } from '../../train/index.ts'
import type { Environment } from '../environment.ts'
import type { TrainingOptions } from '../run-settings.ts'

/** A training run for a process of its own: begun, or gone on with, in its folder. */
export interface TrainJob {
  readonly type: 'train'
  /** What people call it. */
  readonly label: string
  readonly folder: string
  readonly dataset: string
  readonly options: TrainingOptions
  /** What is done with the trained network in the end: it is run as LIF, in all the ways of Table 8. */
  readonly analysis?: 'as-lif'
}

/** A few updates of a kind of run, to know what it costs. */
export interface ProbeJob {
  readonly type: 'probe'
  readonly label: string
  readonly dataset: string
  readonly options: TrainingOptions
  /** Most updates, and most seconds in them. */
  readonly updates: number
  readonly seconds: number
}

export type Job = TrainJob | ProbeJob

/** What a run of a kind costs. */
export interface ProbeResult {
  /** Until the first update is done: files, network, kernels. */
  readonly startSeconds: number
  readonly updateSeconds: number
  readonly updatesPerEpoch: number
  /** Of all test images. */
  readonly evaluationSeconds: number
  /** Most memory of the process. */
  readonly bytes: number
  /** What a reader of the results must know of the data. */
  readonly notes: readonly string[]
}

export type ToChild = { readonly type: 'job'; readonly job: Job } | { readonly type: 'stop' }

export type FromChild =
  /** How much is done, in 0..1. */
  | { readonly type: 'progress'; readonly share: number }
  | { readonly type: 'line'; readonly text: string }
  | { readonly type: 'done'; readonly probe?: ProbeResult }
  /** It was asked to stop, and can go on. */
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly message: string }

export type JobEnd =
  | { readonly status: 'done'; readonly seconds: number; readonly probe?: ProbeResult }
  | { readonly status: 'failed'; readonly seconds: number; readonly message: string }
  | { readonly status: 'stopped'; readonly seconds: number }

/** What a job knows of its process. */
export interface JobSurroundings {
  readonly env: Environment
  readonly clock: () => number
  readonly stop: StopSignal
  readonly tell: (message: FromChild) => void
}
