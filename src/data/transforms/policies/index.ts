export type { Interpolation } from './affine.ts'
export { type ByteImage, bytesOf, putBytes } from './byte-image.ts'
export { autoAugmentStrengths, type OperationName, operations, trivialWideStrengths } from './operations.ts'
export { autoAugmentPolicies } from './tables.ts'
