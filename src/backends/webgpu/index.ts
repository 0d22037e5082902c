export type { Tuning, TuningStore } from './tuner.ts'
export { adapterName, createWebGpu, isSoftware, type WebGpuOptions } from './webgpu.ts'
