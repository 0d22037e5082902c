import { record, type Scope } from '../autograd/index.ts'
import { ShapeError, shapeText, sizeOf } from '../base/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { expectVector } from './shapes.ts'

/**
 * x * weight + bias at every step.
 * @param x [T or 1, N, in] or [T or 1, N, H, W, C], read as in = H W C
 * @param weight [in, out]
 * @param bias [out] or null
 * @returns [T or 1, N, out]
 * @throws ShapeError
 */
export function linear(scope: Scope, x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  const features = sizeOf(x.shape.slice(2))
  if (features !== weight.shape[0]) {
    throw new ShapeError({
      what: 'a linear layer does not fit its input',
      expected: `${weight.shape[0]} values a sample, for weight [in, out] = ${shapeText(weight.shape)}`,
      got: `${features}, in ${shapeText(x.shape)}`,
    })
  }
  if (bias) expectVector("a linear layer's bias", bias.shape, weight.shape[1])
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
