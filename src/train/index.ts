export { type Checkpoint, checkpointBytes, checkpointKernels, fillNetwork, loadCheckpoint } from './checkpoint.ts'
export type { ClassWeights } from './class-weights.ts'
export { type CsvRow, csvText } from './csv.ts'
export { findNonFinite, type NonFinite } from './diagnose.ts'
export type { EarlyStopping } from './early-stopping.ts'
export { type EvaluateOptions, type Evaluation, evaluate, type LayerRate } from './evaluate.ts'
export type { Exchange } from './exchange.ts'
export { firingAdvice } from './firing-advice.ts'
export type { TrainHooks, Training, UpdateRecord } from './hooks.ts'
export type { Host, StopSignal } from './host.ts'
export { type Encode, inputOf, usualEncode } from './input.ts'
export { type KernelRecord, kernelRecord, kernelsNow } from './kernel-record.ts'
export { firstLossScale, type LossScale, nextLossScale } from './loss-scale.ts'
export { memoryForecast } from './memory-forecast.ts'
export { loadNetwork, type SaveNetworkOptions, saveNetwork } from './network-file.ts'
export { type AdamWSettings, adamW, type GroupOf, type Optimiser, type SgdSettings, sgd } from './optimiser.ts'
export { type Prediction, type PredictOptions, predict, type Sample } from './predict.ts'
export { type EpochRecord, freshProgress, type Progress } from './progress.ts'
export { type Regulariser, regulariserOf } from './regularisers.ts'
export type { FinalAccuracy, RunResult } from './run-result.ts'
export * from './run-store.ts'
export {
  constant,
  cosine,
  type OwnSchedule,
  type Schedule,
  type ScheduleMoment,
  type ScheduleOptions,
  scheduleFactor,
  stepDecay,
} from './schedule.ts'
export { settingsOf, settingsRecord, type TrainOptions } from './settings.ts'
export { train } from './train.ts'
export { Trainer } from './trainer.ts'
export {
  forwardBackward,
  type LabelledImages,
  type StepResult,
  trainingStep,
  type UpdateOptions,
} from './training-step.ts'
export { type OptimiserState, Updates } from './updates.ts'
