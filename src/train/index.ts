export {
  type Checkpoint,
  checkpointBytes,
  checkpointKernels,
  type Filled,
  fillNetwork,
  fillWhatFits,
  loadCheckpoint,
} from './checkpoint.ts'
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
export { inwardNames, outwardNames } from './measure-names.ts'
export { memoryForecast } from './memory-forecast.ts'
export { loadNetwork, networkBytes, type SaveNetworkOptions, saveNetwork } from './network-file.ts'
export { type AdamWSettings, adamW, type Optimiser, type SgdSettings, sgd } from './optimiser.ts'
export type { OwnOptimiser, OwnStep, OwnUpdate } from './own-optimiser.ts'
export type { GroupOf } from './parameter-groups.ts'
export { type Prediction, type PredictOptions, predict, predictionOf, type Sample } from './predict.ts'
export { type EpochRecord, freshProgress, type Progress } from './progress.ts'
export type { Ranks } from './ranks.ts'
export { type Regulariser, regulariserOf } from './regularisers.ts'
export type { FinalAccuracy, RunResult } from './run-result.ts'
export * from './run-store.ts'
export { type SampleFacts, sampleFacts } from './sample-facts.ts'
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
