export * from './wasm/index.ts'
export * as wgsl from './wgsl/index.ts'
