export { type WasmProgram, wasmProgram } from './program.ts'
