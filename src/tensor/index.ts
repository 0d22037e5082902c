export * from './tensor.ts'
