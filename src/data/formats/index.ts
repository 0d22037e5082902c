export * from './cifar-binary.ts'
export * from './gzip.ts'
export * from './idx.ts'
