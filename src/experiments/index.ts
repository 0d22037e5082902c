export * from './experiment.ts'
export * from './golden/index.ts'
export { experimentNamed, experiments } from './registry.ts'
export { type SelfCheck, selfCheck } from './self-check.ts'
