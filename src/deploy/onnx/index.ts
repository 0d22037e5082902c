export { onnxSequence, onnxStep } from './models.ts'
