import { record, type Scope } from '../autograd/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * a + b, dense. Where one is a single frame [1, ...], it is added at every step.
 * @throws ShapeError
 */
export function add(scope: Scope, a: Tensor, b: Tensor): Tensor {
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
