export type { GpuAdapter, GpuInfo } from './gpu-adapter.ts'
export type { Tuning, TuningStore } from './tuning-store.ts'
export { adapterName, createWebGpu, isSoftware, type WebGpuOptions } from './webgpu.ts'
