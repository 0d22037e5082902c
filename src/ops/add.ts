import { record, type Scope } from '../autograd/index.ts'
import { ShapeError, sameShape, shapeText } from '../base/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * a + b, dense. Where one is a single frame [1, ...], it is added at every step.
 * @throws ShapeError
 */
export function add(scope: Scope, a: Tensor, b: Tensor): Tensor {
  const steps = a.shape[0] === b.shape[0] || a.shape[0] === 1 || b.shape[0] === 1
  if (!steps || !sameShape(a.shape.slice(1), b.shape.slice(1))) {
    throw new ShapeError({
      what: 'two tensors of unlike shape cannot be added',
      expected: `${shapeText(a.shape)}, or one with first axis 1`,
      got: shapeText(b.shape),
    })
  }
  const { backend } = scope
  const [y] = record(scope, {
    name: 'add',
    inputs: [a, b],
    outputs: [backend.add(a.handle, b.handle)],
    backward: ([g], need) => {
      if (!g) return []
      const summed = (x: Tensor) => (x.shape[0] === g.shape[0] ? g : backend.sumSteps(g))
      return [need[0] === 'none' ? null : summed(a), need[1] === 'none' ? null : summed(b)]
    },
  })
  return y
}
