export { adapterName, createWebGpu, type WebGpuOptions } from './webgpu.ts'
