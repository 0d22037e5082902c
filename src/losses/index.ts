export * from './losses.ts'
export * from './metrics.ts'
