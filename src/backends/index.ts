export type * from './backend.ts'
export { createInterpreter } from './interpreter/index.ts'
