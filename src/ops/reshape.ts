import { record, type Scope } from '../autograd/index.ts'
import { type Shape, ShapeError, shapeText, sizeOf } from '../base/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * The same values, in the same order, under another shape.
 * @throws ShapeError where the sizes differ
 */
export function reshape(scope: Scope, x: Tensor, shape: Shape): Tensor {
  if (sizeOf(shape) !== sizeOf(x.shape)) {
    throw new ShapeError({
      what: 'a reshape keeps the number of values',
      expected: `${sizeOf(x.shape)} values, as in ${shapeText(x.shape)}`,
      got: `${sizeOf(shape)}, in ${shapeText(shape)}`,
    })
  }
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
