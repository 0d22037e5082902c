export * from './golden/index.ts'
export { type SelfCheck, selfCheck } from './self-check.ts'
