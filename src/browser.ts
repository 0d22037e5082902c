/** `spikelet` in a page. */
export * from './index.ts'
