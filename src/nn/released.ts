import type { Tensor } from '../tensor/index.ts'
import type { Run } from './run.ts'

/** Without a tape, releases a tensor that no one needs any more, unless it is one of `kept`. */
export function released(run: Run, tensor: Tensor, kept: readonly Tensor[]): void {
  if (!run.tape && !kept.includes(tensor)) run.backend.release(tensor.handle)
}
