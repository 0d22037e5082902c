export { functionCode, wasmTarget } from './emit.ts'
export { type MemoryLimits, type ModuleFunction, memoryImport, signed, unsigned, wholeModule } from './module.ts'
export { watTarget } from './text.ts'
