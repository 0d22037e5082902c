export { createInterpreter } from './interpreter.ts'
