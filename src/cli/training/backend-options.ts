import type { DefaultBackendOptions } from '../../node-backend.ts'
import type { TrainingOptions } from './options.ts'

/** What a command's options say of the backend. */
export function backendOptions({
  backend,
  threads,
}: Pick<TrainingOptions, 'backend' | 'threads'>): DefaultBackendOptions {
  return { backend, ...(threads === undefined ? {} : { threads }) }
}
