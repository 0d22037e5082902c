export { type COptions, type CProgram, cProgram } from './program.ts'
