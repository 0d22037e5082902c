export { x64Target } from './compile.ts'
