export * from './kernel/index.ts'
export * from './wasm/index.ts'
