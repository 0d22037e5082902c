export { PlanRun, type PlanRunOptions } from './evaluate.ts'
export { foldAffine } from './fold.ts'
export { planOf } from './lower.ts'
export * from './plan.ts'
