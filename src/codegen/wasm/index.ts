export { wasmTarget } from './emit.ts'
export { type MemoryLimits, memoryImport } from './module.ts'
export { watTarget } from './text.ts'
