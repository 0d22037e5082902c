export * from './losses.ts'
export * from './metrics.ts'
export * from './score.ts'
export * from './targets.ts'
