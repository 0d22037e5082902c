export * from './kernel/index.ts'
export * from './wasm/index.ts'
export * as wgsl from './wgsl/index.ts'
export * from './x64/index.ts'
