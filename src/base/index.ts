export * from './errors.ts'
export * from './nearest.ts'
export * from './random.ts'
export * from './shape.ts'
