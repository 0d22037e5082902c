/** What Node and pages have alike. `node.ts` and `browser.ts` add how threads start and where runs are kept. */
export * from './analysis/index.ts'
export { checkGradient, type GradientCheck, Tape } from './autograd/index.ts'
export {
  type Backend,
  type BackendInfo,
  createInterpreter,
  createWasm,
  createWebGpu,
  type Handle,
  hasRelaxedSimd,
  type Numbers,
  type Peak,
  type WasmBackend,
  type WasmOptions,
  type WebGpuOptions,
} from './backends/index.ts'
export * from './base/index.ts'
export * from './data/index.ts'
export {
  defineNeuron,
  evaluate as evaluateNeuron,
  evaluateGradient as evaluateNeuronGradient,
  type Neuron,
  type NeuronConfig,
  type NeuronDefinition,
  type NeuronOptions,
  printNeuron,
  surrogates,
  type TemporalMixing,
  type Truncation,
} from './equations/index.ts'
export * from './formats/index.ts'
export * from './interop/index.ts'
export * from './losses/index.ts'
export * from './models/index.ts'
export * from './neurons/index.ts'
export * from './nn/index.ts'
export { type Drawable, draw, standaloneSvg } from './report/index.ts'
export { inputTensor, parameterTensor, type Tensor, tensorOf } from './tensor/index.ts'
export * from './train/index.ts'
