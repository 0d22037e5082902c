import type { Shape } from '../../base/index.ts'
import type { Conv2dOptions, Handle, InputGradient, LayerGradients } from '../backend.ts'
import { denseOf, type HostHandle, type Memory, openMask, valuesOf } from './memory.ts'

interface Sizes {
  readonly frames: number
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly outHeight: number
  readonly outWidth: number
  readonly outChannels: number
  readonly kernel: readonly [number, number]
  readonly groupIn: number
  readonly groupOut: number
}

function sizesOf(x: Shape, weight: Shape, options: Conv2dOptions): Sizes {
  const [steps, batch, height, width, channels] = x
  const [kh, kw, groupIn, outChannels] = weight
  const { stride, padding, dilation } = options
  return {
    frames: steps * batch,
    height,
    width,
    channels,
    outHeight: Math.floor((height + 2 * padding[0] - dilation[0] * (kh - 1) - 1) / stride[0]) + 1,
    outWidth: Math.floor((width + 2 * padding[1] - dilation[1] * (kw - 1) - 1) / stride[1]) + 1,
    outChannels,
    kernel: [kh, kw],
    groupIn,
    groupOut: outChannels / options.groups,
  }
}

/**
 * Every (output pixel, kernel tap) whose input pixel lies inside the image: the offsets of output channel 0, input
 * channel 0 and the tap's first weight.
 */
function forEachTap(s: Sizes, options: Conv2dOptions, visit: (out: number, input: number, tap: number) => void): void {
  const { stride, padding, dilation } = options
  const [kh, kw] = s.kernel
  let out = 0
  for (let f = 0; f < s.frames; f++) {
    for (let oy = 0; oy < s.outHeight; oy++) {
      for (let ox = 0; ox < s.outWidth; ox++, out += s.outChannels) {
        for (let ky = 0; ky < kh; ky++) {
          const y = oy * stride[0] - padding[0] + ky * dilation[0]
          if (y < 0 || y >= s.height) continue
          for (let kx = 0; kx < kw; kx++) {
            const x = ox * stride[1] - padding[1] + kx * dilation[1]
            if (x < 0 || x >= s.width) continue
            visit(out, ((f * s.height + y) * s.width + x) * s.channels, (ky * kw + kx) * s.groupIn * s.outChannels)
          }
        }
      }
    }
  }
}

export function conv2d(
  memory: Memory,
  x: HostHandle,
  weight: HostHandle,
  bias: HostHandle | null,
  residual: HostHandle | null,
  options: Conv2dOptions,
): Handle {
  const s = sizesOf(x.shape, weight.shape, options)
  const shape = [x.shape[0], x.shape[1], s.outHeight, s.outWidth, s.outChannels]
  const out = startValues(shape, bias, residual)
  const input = valuesOf(x)
  const w = denseOf(weight)
  const { groupIn, groupOut, outChannels } = s
  forEachTap(s, options, (o, i, tap) => {
    for (let c = 0; c < s.channels; c++) {
      const value = input[i + c]
      if (value === 0) continue
      const group = Math.floor(c / groupIn)
      const row = tap + (c - group * groupIn) * outChannels + group * groupOut
      const at = o + group * groupOut
      for (let k = 0; k < groupOut; k++) out[at + k] += value * w[row + k]
    }
  })
  return memory.wrap(shape, out)
}

/** Bias and residual in every place of the output. */
function startValues(shape: Shape, bias: HostHandle | null, residual: HostHandle | null): Float64Array {
  const size = shape.reduce((a, b) => a * b, 1)
  const out = new Float64Array(size)
  const channels = shape[shape.length - 1]
  if (bias) {
    const b = denseOf(bias)
    for (let i = 0; i < size; i++) out[i] = b[i % channels]
  }
  if (residual) {
    const r = valuesOf(residual)
    for (let i = 0; i < size; i++) out[i] += r[i % r.length]
  }
  return out
}

export function conv2dBackward(
  memory: Memory,
  x: HostHandle,
  weight: HostHandle,
  gradient: HostHandle,
  options: Conv2dOptions,
  want: { input: InputGradient; weight: boolean; bias: boolean },
): LayerGradients {
  const s = sizesOf(x.shape, weight.shape, options)
  const g = denseOf(gradient)
  return {
    input: want.input === 'none' ? null : memory.wrap(x.shape, inputGradient(s, x, weight, g, options, want.input)),
    weight: want.weight ? memory.wrap(weight.shape, weightGradient(s, x, g, options)) : null,
    bias: want.bias ? memory.wrap([s.outChannels], columnSums(g, s.outChannels)) : null,
  }
}

function inputGradient(
  s: Sizes,
  x: HostHandle,
  weight: HostHandle,
  g: Float64Array,
  options: Conv2dOptions,
  want: 'open' | 'full',
): Float64Array {
  const w = denseOf(weight)
  const mask = openMask(x, want)
  const { groupIn, groupOut, outChannels } = s
  const result = new Float64Array(s.frames * s.height * s.width * s.channels)
  forEachTap(s, options, (o, i, tap) => {
    for (let c = 0; c < s.channels; c++) {
      if (mask && !(mask[i + c] & 2)) continue
      const group = Math.floor(c / groupIn)
      const row = tap + (c - group * groupIn) * outChannels + group * groupOut
      const at = o + group * groupOut
      let sum = 0
      for (let k = 0; k < groupOut; k++) sum += g[at + k] * w[row + k]
      result[i + c] += sum
    }
  })
  return result
}

function weightGradient(s: Sizes, x: HostHandle, g: Float64Array, options: Conv2dOptions): Float64Array {
  const input = valuesOf(x)
  const { groupIn, groupOut, outChannels } = s
  const result = new Float64Array(s.kernel[0] * s.kernel[1] * groupIn * outChannels)
  forEachTap(s, options, (o, i, tap) => {
    for (let c = 0; c < s.channels; c++) {
      const value = input[i + c]
      if (value === 0) continue
      const group = Math.floor(c / groupIn)
      const row = tap + (c - group * groupIn) * outChannels + group * groupOut
      const at = o + group * groupOut
      for (let k = 0; k < groupOut; k++) result[row + k] += value * g[at + k]
    }
  })
  return result
}

/** Sum of each of the `columns` of a matrix in row-major order. */
export function columnSums(values: Float64Array, columns: number): Float64Array {
  const sums = new Float64Array(columns)
  for (let i = 0; i < values.length; i += columns) for (let k = 0; k < columns; k++) sums[k] += values[i + k]
  return sums
}
