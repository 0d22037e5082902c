import type { Backend, Handle } from '../backends/index.ts'
import type { Shape } from '../base/index.ts'

/** A tensor on a backend, as operations see it. */
export interface Tensor {
  readonly handle: Handle
  readonly shape: Shape
  /** Whether a gradient flows back to or through it. */
  readonly tracked: boolean
  /** No operation made it: an input or a parameter, whose gradient, where tracked, is a result. */
  readonly leaf: boolean
}

/** A tensor that nothing made and that wants no gradient: an input, a target. */
export function inputTensor(handle: Handle): Tensor {
  return { handle, shape: handle.shape, tracked: false, leaf: true }
}

/** A tensor whose gradient is wanted: a parameter, or an input under study. */
export function parameterTensor(handle: Handle): Tensor {
  return { handle, shape: handle.shape, tracked: true, leaf: true }
}

/**
 * Values as an input tensor of a backend.
 * @param shape [T, N, ...], or [1, N, ...] for a frame that every step repeats
 */
export function tensorOf(backend: Backend, shape: Shape, values: ArrayLike<number>): Tensor {
  return inputTensor(backend.tensor(shape, values))
}
