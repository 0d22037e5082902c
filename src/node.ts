/** `spikelet` in Node. */
export * from './index.ts'
export { type DefaultBackendOptions, defaultBackend, startNodeWorker } from './node-backend.ts'
