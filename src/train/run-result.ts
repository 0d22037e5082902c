import type { BackendInfo } from '../backends/index.ts'
import type { Measure } from '../losses/index.ts'
import type { Network } from '../nn/index.ts'
import type { Evaluation, LayerRate } from './evaluate.ts'
import type { KernelRecord } from './kernel-record.ts'
import type { EpochRecord } from './progress.ts'
import type { RunLine } from './run-store.ts'

/** How a run ended. Accuracies are in 0..1; of a regression, R2 stands in their place. */
export interface RunResult {
  readonly network: Network
  /** True: it was stopped before its end, and can be resumed; there is no verdict then. */
  readonly stopped: boolean
  readonly config: RunLine
  readonly epochs: readonly EpochRecord[]
  /** By the test images, after the epoch that the rule chose, whose parameters the network now has. */
  readonly test: Evaluation | null
  readonly final: FinalAccuracy | null
  /** Over the test images; of the last epoch's judges where the run was stopped. */
  readonly firingRates: readonly LayerRate[]
  /** [true class][predicted class], counts over the test images. */
  readonly confusion: readonly (readonly number[])[]
  readonly classes: readonly string[]
  /** What its accuracies are. */
  readonly measure: Measure
  readonly backend: BackendInfo
  /** Which kernels its layers took. */
  readonly kernels: KernelRecord
  /** Most bytes in use at once. */
  readonly peakBytes: number
  /** Where the run was kept. */
  readonly place: string
}

export interface FinalAccuracy {
  readonly testAccuracy: number
  readonly lastEpochTestAccuracy: number
  /** From 1: best by validation images; without them by test images, which flatters. */
  readonly bestEpoch: number
  /** Without validation images: what papers print, the best of all epochs by the test images themselves. */
  readonly bestTestAccuracy?: number
  /** How the epoch was chosen. */
  readonly rule: `best validation ${Measure}` | 'last epoch'
}
