import { record, type Scope } from '../autograd/index.ts'
import { type Shape, sizeOf } from '../base/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * The same values, in the same order, under another shape.
 * @throws ShapeError where the sizes differ
 */
export function reshape(scope: Scope, x: Tensor, shape: Shape): Tensor {
  const { backend } = scope
  const [y] = record(scope, {
    name: 'reshape',
    inputs: [x],
    outputs: [backend.reshape(x.handle, shape)],
    view: true,
    backward: ([g]) => [g && backend.reshape(g, x.shape)],
  })
  return y
}

/** [T, N, H, W, C] as [T, N, H W C]. */
export function flatten(scope: Scope, x: Tensor): Tensor {
  return reshape(scope, x, [x.shape[0], x.shape[1], sizeOf(x.shape.slice(2))])
}
