export * from './check-gradient.ts'
export { Gradients } from './gradients.ts'
export * from './tape.ts'
