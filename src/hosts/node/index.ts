export { type DefaultBackendOptions, defaultBackend, mostThreads, startNodeWorker } from './node-backend.ts'
export { noAdapter, nodeGpuAdapter } from './node-gpu.ts'
export { nativeCode } from './node-native.ts'
export { save, valueText } from './node-save.ts'
