export type { StartedWorker, WorkerStarter } from './crew.ts'
export type { Peak } from './peak.ts'
export { createWasm, hasRelaxedSimd, type WasmBackend, type WasmOptions } from './wasm.ts'
export { serve } from './worker-loop.ts'
