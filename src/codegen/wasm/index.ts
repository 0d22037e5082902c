export { type MemoryLimits, memoryImport, wasmTarget } from './emit.ts'
