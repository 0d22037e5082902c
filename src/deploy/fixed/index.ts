export { FixedMath, reduced, shifted, sigmoidReach } from './fixed-math.ts'
export { type FixedPlan, fixedPlan } from './fixed-plan.ts'
export { FixedRun } from './fixed-run.ts'
