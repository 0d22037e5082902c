export type { StartedWorker, WorkerStarter } from './crew.ts'
export { createWasm, hasRelaxedSimd, type WasmOptions } from './wasm.ts'
export { serve } from './worker-loop.ts'
