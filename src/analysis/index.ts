export { type ArrivalField, type ArrivalOptions, type Arrivals, arrivals, type StepArrivals } from './arrivals.ts'
export { type Autocorrelation, autocorrelation, autocorrelations } from './autocorrelation.ts'
export { type DependencyGraph, dependencyGraph, type GraphEdge, type GraphNode } from './dependency-graph.ts'
export {
  type Energy,
  type EnergyAccounting,
  type EnergyOptions,
  energy,
  type LayerEnergy,
  memoryTotal,
  type SynapticEnergy,
} from './energy.ts'
export { accessEnergy, costs45nm, type EnergyCosts } from './energy-costs.ts'
export type { MemoryEnergy } from './energy-memory.ts'
export type { FiringRates } from './energy-rates.ts'
export {
  type GradientMap,
  type GradientMapOptions,
  gradientLeft,
  gradientMap,
  type NeuronGradientMap,
} from './gradient-map.ts'
export { type GradientPaths, gradientPaths } from './gradient-paths.ts'
export { type Bins, type Histograms, histogram, histograms } from './histogram.ts'
export { type InputChoice, type NeuronInput, neuronInput } from './input.ts'
export { type LayerGradientMapOptions, layerGradientMap } from './layer-gradient-map.ts'
export { type NeuronOperations, neuronOperations, type Operations } from './neuron-operations.ts'
export type { GradientMatrix, GradientParts } from './parts.ts'
export { type Raster, type RasterPanel, rasterOf, type Spikes } from './raster.ts'
export {
  firingRate,
  type NeuronRecording,
  type Recording,
  type RecordOptions,
  record,
  recordLayers,
} from './recording.ts'
export {
  type LifConstants,
  lifConstants,
  lifWithReset,
  type ResetReading,
  type RunAs,
  runAs,
  sharedOptions,
} from './run-as.ts'
export { type SurrogateCurves, surrogateCurves } from './surrogate-curves.ts'
export { type TruncationMap, truncationMap } from './truncation-map.ts'
