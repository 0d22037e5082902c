export { adapterName, createWebGpu, isSoftware, type WebGpuOptions } from './webgpu.ts'
