export { type DemoFacts, demoPage } from './demo.ts'
export { type WasmProgram, wasmProgram } from './program.ts'
