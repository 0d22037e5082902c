export { avx2Target } from './avx2.ts'
export { avx512Target } from './avx512.ts'
