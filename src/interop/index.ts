export { inspectModelFile } from './inspect-model.ts'
export * from './nir/index.ts'
export * from './pytorch/index.ts'
export * from './safetensors.ts'
