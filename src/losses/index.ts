export * from './losses.ts'
export * from './metrics.ts'
export * from './temporal.ts'
