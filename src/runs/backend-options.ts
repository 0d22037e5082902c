import type { DefaultBackendOptions } from '../hosts/node/index.ts'
import type { TrainingOptions } from './run-settings.ts'

/** What a command's options say of the backend. */
export function backendOptions({
  backend,
  precision,
  simd,
  threads,
}: Pick<TrainingOptions, 'backend' | 'simd' | 'threads'> &
  Partial<Pick<TrainingOptions, 'precision'>>): DefaultBackendOptions {
  return {
    backend,
    simd,
    ...(precision === undefined ? {} : { precision }),
    ...(threads === undefined ? {} : { threads }),
  }
}
