import { record, type Scope } from '../autograd/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * x * weight + bias at every step.
 * @param x [T or 1, N, in] or [T or 1, N, H, W, C], read as in = H W C
 * @param weight [in, out]
 * @param bias [out] or null
 * @returns [T or 1, N, out]
 * @throws ShapeError
 */
export function linear(scope: Scope, x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  const { backend } = scope
  const [y] = record(scope, {
    name: 'linear',
    inputs: [x, weight, bias],
    outputs: [backend.linear(x.handle, weight.handle, bias?.handle ?? null)],
    backward: ([g], need) => {
      if (!g) return []
      const want = { input: need[0], weight: need[1] !== 'none', bias: need[2] !== 'none' }
      const layer = backend.linearBackward(x.handle, weight.handle, g, want)
      return [layer.input, layer.weight, layer.bias]
    },
  })
  return y
}
