export type { LastBatch } from './batch-order.ts'
export { type BatchPart, partOf } from './batch-part.ts'
export * from './loader.ts'
export type { LoaderThread, StartLoaderThread, ThreadEvents, ThreadJob, ThreadSetup } from './thread.ts'
