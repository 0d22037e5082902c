import { record, type Scope } from '../autograd/index.ts'
import type { Conv2dOptions, Handle } from '../backends/index.ts'
import { type Shape, ShapeError, shapeText } from '../base/index.ts'
import { defineNeuron, type Neuron } from '../equations/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { spiking } from './spiking.ts'

export interface ConvTranspose2dOptions extends Conv2dOptions {
  /** Rows and columns more at the end, fewer than the stride. */
  readonly outputPadding: readonly [number, number]
}

const identity = defineNeuron({ name: 'identity', equations: 's = x' })()

const shifted = defineNeuron({
  name: 'shifted',
  learnable: { bias: { start: 0, per: 'channel' } },
  equations: 's = x + bias',
})()

/**
 * Shape of what a transposed convolution makes of an image [H, W, C].
 * @param weight [kh, kw, Cout / groups, C]
 * @throws ShapeError
 */
export function convTranspose2dShape(image: Shape, weight: Shape, options: ConvTranspose2dOptions): Shape {
  const { stride, padding, dilation, groups, outputPadding } = options
  if (image.length !== 3 || image[2] !== weight[3] || image[2] % groups !== 0)
    throw new ShapeError({
      what: 'a transposed convolution does not fit its input',
      expected: `[H, W, ${weight[3]}], channels a multiple of ${groups} groups`,
      got: shapeText(image),
    })
  const side = (axis: 0 | 1) => {
    const pixels = (image[axis] - 1) * stride[axis] - 2 * padding[axis] + dilation[axis] * (weight[axis] - 1) + 1
    if (outputPadding[axis] < stride[axis] && pixels + outputPadding[axis] >= 1) return pixels + outputPadding[axis]
    throw new ShapeError({
      what: 'a transposed convolution leaves no image, or more padding than its stride',
      expected: 'outputPadding less than the stride, and padding less than the image',
      got: `${shapeText(image)}, stride ${stride[axis]}, padding ${padding[axis]}, outputPadding ${outputPadding[axis]}`,
    })
  }
  return [side(0), side(1), weight[2] * groups]
}

/**
 * Transposed convolution of every frame, plus bias: what a convolution with the same weight does to gradients on its way
 * back. So every backend computes it with the kernels of that, and its own way back is a convolution.
 * @param x [T or 1, N, H, W, C]; spikes are read as numbers
 * @param weight [kh, kw, Cout / groups, C]
 * @param bias [Cout] or null
 * @returns [T or 1, N, H', W', Cout], dense
 * @throws ShapeError
 */
export function convTranspose2d(
  scope: Scope,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvTranspose2dOptions,
): Tensor {
  const { backend } = scope
  const [T, N, ...image] = x.shape
  const shape = [T, N, ...convTranspose2dShape(image, weight.shape, options)]
  const mapped = (of: Tensor, neuron: Neuron, parameters: readonly Tensor[]) =>
    spiking(scope, of, { neuron, T, parameters, normalisation: null, state: null, wantState: false }).output
  const dense = x.handle.kind === 'dense' ? x : mapped(x, identity, [])
  const frames = backend.tensor(shape, null)
  const want = { input: 'full', weight: false, bias: false } as const
  const spread = backend.conv2dBackward(frames, weight.handle, dense.handle, options, want).input as Handle
  backend.release(frames)
  const [y] = record(scope, {
    name: 'convTranspose2d',
    inputs: [dense, weight],
    outputs: [spread],
    backward: ([g], need) => {
      if (!g) return []
      const input = need[0] === 'none' ? null : backend.conv2d(g, weight.handle, null, null, options)
      if (need[1] === 'none') return [input]
      const only = { input: 'none', weight: true, bias: false } as const
      return [input, backend.conv2dBackward(g, weight.handle, dense.handle, options, only).weight]
    },
  })
  const result = bias ? mapped(y, shifted, [bias]) : y
  if (!scope.tape) for (const made of [dense, y]) if (made !== x && made !== result) backend.release(made.handle)
  return result
}
