import { record, type Scope } from '../autograd/index.ts'
import type { Conv2dOptions, Handle } from '../backends/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * Convolution of every frame, plus bias, plus an optional residual.
 * @param x [T or 1, N, H, W, Cin]
 * @param weight [kh, kw, Cin / groups, Cout]
 * @param bias [Cout] or null
 * @param residual a tensor of the output's shape, or one frame [1, N, H', W', Cout] for all steps; spikes or dense
 * @param normalised whether BatchNorm in training is likely to read the output next
 * @returns [T or 1, N, H', W', Cout]
 * @throws ShapeError
 */
export function conv2d(
  scope: Scope,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  residual: Tensor | null,
  options: Conv2dOptions,
  normalised = false,
): Tensor {
  const { backend } = scope
  const make = (summed: boolean) => {
    const [b, past] = [bias?.handle ?? null, residual?.handle ?? null]
    return backend.conv2d(x.handle, weight.handle, b, past, options, summed)
  }
  const [y] = record(scope, {
    name: 'conv2d',
    inputs: [x, weight, bias, residual],
    outputs: [make(normalised)],
    rebuild: () => make(false),
    backward: ([g], need) => {
      if (!g) return []
      const want = { input: need[0], weight: need[1] !== 'none', bias: need[2] !== 'none' }
      const layer = backend.conv2dBackward(x.handle, weight.handle, g, options, want)
      const past = residual && need[3] !== 'none' ? gradientOfResidual() : null
      return [layer.input, layer.weight, layer.bias, past]

      function gradientOfResidual() {
        return residual?.shape[0] === x.shape[0] ? g : backend.sumSteps(g as Handle)
      }
    },
  })
  return y
}
