import type { DefaultBackendOptions } from '../../node-backend.ts'
import type { TrainingOptions } from './options.ts'

/** What a command's options say of the backend. */
export function backendOptions({
  backend,
  simd,
  threads,
}: Pick<TrainingOptions, 'backend' | 'simd' | 'threads'>): DefaultBackendOptions {
  return { backend, simd, ...(threads === undefined ? {} : { threads }) }
}
