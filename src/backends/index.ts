export type * from './backend.ts'
export { type ComparingOptions, type Comparison, createComparing } from './compare.ts'
export { createInterpreter } from './interpreter/index.ts'
