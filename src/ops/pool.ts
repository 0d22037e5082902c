import { record, type Scope } from '../autograd/index.ts'
import type { PoolOptions } from '../backends/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * Average or maximum over windows of every frame.
 * @param x [T or 1, N, H, W, C]
 * @returns [T or 1, N, H', W', C]
 * @throws ShapeError
 */
export function pool(scope: Scope, x: Tensor, options: PoolOptions): Tensor {
  const { backend } = scope
  const [y] = record(scope, {
    name: 'pool',
    inputs: [x],
    outputs: [backend.pool(x.handle, options)],
    backward: ([g], [need]) => [
      g && need !== 'none' ? backend.poolBackward(x.handle, g, options, need === 'open' ? 'open' : 'full') : null,
    ],
  })
  return y
}
