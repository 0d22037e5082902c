export { type CsvRow, csvText } from './csv.ts'
export { type NodeRunStoreOptions, openNodeRunStore } from './node-run-store.ts'
export * from './run-store.ts'
