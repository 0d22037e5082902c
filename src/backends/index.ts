export type * from './backend.ts'
export { type ComparingOptions, type Comparison, createComparing } from './compare.ts'
export { createInterpreter } from './interpreter/index.ts'
export * from './kernel-choice.ts'
export { checked, type Operation, type OperationName, operationNames, operations, readBy } from './operations.ts'
export { conv2dShape, poolShape } from './shapes.ts'
export {
  createWasm,
  hasRelaxedSimd,
  type NativeCode,
  type Peak,
  type StartedWorker,
  serve,
  type VectorInstructions,
  type WasmBackend,
  type WasmMemory,
  type WasmOptions,
  type WorkerStarter,
} from './wasm/index.ts'
export {
  adapterName,
  createWebGpu,
  type GpuAdapter,
  type GpuInfo,
  isSoftware,
  type Tuning,
  type TuningStore,
  type WebGpuOptions,
} from './webgpu/index.ts'
