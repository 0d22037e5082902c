import type { Conv2dOptions } from '../backend.ts'
import type { WasmTensor } from './tensors.ts'

/** Sizes of a convolution of images: everything that the kernels' tables are made of. */
export interface Geometry extends Conv2dOptions {
  readonly images: number
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly outHeight: number
  readonly outWidth: number
  readonly outputs: number
  readonly kernel: readonly [number, number]
}

export function outputSize(size: number, kernel: number, stride: number, padding: number, dilation: number): number {
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1
}

export function geometryOf(x: WasmTensor, weight: WasmTensor, options: Conv2dOptions): Geometry {
  const [steps, batch, height, width, channels] = x.shape
  const [kh, kw, , outputs] = weight.shape
  const { stride, padding, dilation } = options
  return {
    ...options,
    images: steps * batch,
    height,
    width,
    channels,
    outHeight: outputSize(height, kh, stride[0], padding[0], dilation[0]),
    outWidth: outputSize(width, kw, stride[1], padding[1], dilation[1]),
    outputs,
    kernel: [kh, kw],
  }
}

/** Along one axis: which taps reach an input of a given phase, and where they read the gradient. */
export function phaseTaps(
  phase: number,
  kernel: number,
  stride: number,
  dilation: number,
): { tap: number; shift: number }[] {
  const found = []
  for (let tap = 0; tap < kernel; tap++) {
    const shift = (phase - tap * dilation) / stride
    if (Number.isInteger(shift)) found.push({ tap, shift })
  }
  return found
}

/** Along one axis: first place and number of places where a frame of the output gradient is read, borders included. */
export function reach(g: Geometry, axis: 0 | 1): { low: number; count: number } {
  const size = axis === 0 ? g.height : g.width
  const outSize = axis === 0 ? g.outHeight : g.outWidth
  const low = -Math.ceil(((g.kernel[axis] - 1) * g.dilation[axis]) / g.stride[axis])
  const high = Math.floor((size - 1 + g.padding[axis]) / g.stride[axis])
  return { low, count: Math.max(high, outSize - 1) - low + 1 }
}

/** Images whose frames of the output gradient have about `tile` pixels together; at least one. */
export function imagesTogether(g: Geometry, tile: number): number {
  return Math.min(g.images, Math.max(1, Math.floor(tile / (reach(g, 0).count * reach(g, 1).count))))
}

/** Calls `work` with the channel ranges of each group. */
export function perGroup(
  g: Geometry,
  work: (group: { inputs: number; firstInput: number; outputs: number; firstOutput: number }) => void,
) {
  const inputs = g.channels / g.groups
  const outputs = g.outputs / g.groups
  for (let i = 0; i < g.groups; i++) work({ inputs, firstInput: i * inputs, outputs, firstOutput: i * outputs })
}
