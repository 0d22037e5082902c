export { BatchNormThroughTime2d, type BatchNormThroughTime2dOptions } from './batch-norm-through-time2d.ts'
export { BatchNorm2d, type BatchNorm2dOptions } from './batch-norm2d.ts'
export { Composed, type ModelFunction } from './composed.ts'
export { ConvTranspose2d, type ConvTranspose2dLayerOptions } from './conv-transpose2d.ts'
export { Conv1d, type Conv1dOptions } from './conv1d.ts'
export { Conv2d, type Conv2dLayerOptions } from './conv2d.ts'
export { Delay, type DelayOptions } from './delay.ts'
export { Dropout, type DropoutOptions } from './dropout.ts'
export { Flatten } from './flatten.ts'
export { Graph, type GraphLayer } from './graph.ts'
export { GroupNorm, type GroupNormOptions } from './group-norm.ts'
export { LayerNorm, type LayerNormOptions } from './layer-norm.ts'
export { Linear, type LinearOptions } from './linear.ts'
export { AdaptiveAvgPool2d, AvgPool2d, MaxPool2d, type PoolLayerOptions } from './pools.ts'
export { Population, type PopulationOptions } from './population.ts'
export { Recurrent } from './recurrent.ts'
export { Residual, residualRow } from './residual.ts'
export { Sequential } from './sequential.ts'
export { Spiking, type SpikingLayerOptions } from './spiking.ts'
export { SynapseFilter, type SynapseFilterOptions } from './synapse-filter.ts'
export {
  TemporalEffectiveBatchNorm2d,
  type TemporalEffectiveBatchNorm2dOptions,
} from './temporal-effective-batch-norm2d.ts'
export { TemporalLinear, type TemporalLinearOptions } from './temporal-linear.ts'
export {
  ThresholdDependentBatchNorm2d,
  type ThresholdDependentBatchNorm2dOptions,
} from './threshold-dependent-batch-norm2d.ts'
export { Upsample, type UpsampleOptions } from './upsample.ts'
