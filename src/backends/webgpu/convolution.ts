import { type Shape, sizeOf } from '../../base/index.ts'
import { wgsl } from '../../codegen/index.ts'
import type { Conv2dOptions, InputGradient, LayerGradients } from '../backend.ts'
import type { Device } from './device.ts'
import { gridOf } from './machine.ts'
import { sumRows } from './sums.ts'
import type { GpuTensor, Stored } from './tensors.ts'

interface Layer {
  readonly shape: wgsl.ConvolutionShape
  readonly frames: number
  readonly key: string
}

function layerOf(x: Shape, weight: Shape, { stride, padding, dilation, groups }: Conv2dOptions): Layer {
  const [steps, batch, height, width, channels] = x
  const [kh, kw, , outChannels] = weight
  const side = (size: number, kernel: number, axis: 0 | 1) =>
    Math.floor((size + 2 * padding[axis] - dilation[axis] * (kernel - 1) - 1) / stride[axis]) + 1
  const shape = {
    height,
    width,
    channels,
    outHeight: side(height, kh, 0),
    outWidth: side(width, kw, 1),
    outChannels,
    kernel: [kh, kw] as const,
    stride,
    padding,
    dilation,
    groups,
  }
  return { shape, frames: steps * batch, key: Object.values(shape).flat().join() }
}

const tileKey = (tile: wgsl.Tile): string => Object.values(tile).join('x')

export function convolution(
  d: Device,
  x: GpuTensor,
  weight: GpuTensor,
  bias: GpuTensor | null,
  residual: GpuTensor | null,
  options: Conv2dOptions,
  stored?: Stored,
): GpuTensor {
  const { shape: s, frames, key } = layerOf(x.shape, weight.shape, options)
  const shape = [x.shape[0], x.shape[1], s.outHeight, s.outWidth, s.outChannels]
  const y = d.tensors.make('dense', shape, 1, stored)
  const o = {
    x: x.stored,
    weight: weight.stored,
    y: y.stored,
    bias: bias !== null,
    residual: residual?.stored ?? null,
  }
  const name = `forward ${key} ${Object.values(o).join(' ')}`
  const columns = s.outChannels / s.groups
  const rows = frames * s.outHeight * s.outWidth
  const blocks = {
    x: x.block,
    weight: weight.block,
    y: y.block,
    ...(bias ? { bias: bias.block } : {}),
    ...(residual ? { residual: residual.block } : {}),
  }
  const values = {
    frames,
    xScale: x.scale,
    residualSize: residual?.size ?? 0,
    residualScale: residual?.scale ?? 1,
  }
  d.tuned(name, rows, columns, (tile) => {
    const kernel = d.machine.kernel(`${name} ${tileKey(tile)}`, () => wgsl.convolutionForward(s, o, tile, d.half))
    d.machine.run(kernel, blocks, values, gridOf(wgsl.workgroupsOf(tile, rows, columns), s.groups))
  })
  return y
}

export function convolutionBackward(
  d: Device,
  x: GpuTensor,
  weight: GpuTensor,
  gradient: GpuTensor,
  options: Conv2dOptions,
  want: { input: InputGradient; weight: boolean; bias: boolean },
  stored?: Stored,
): LayerGradients {
  const layer = layerOf(x.shape, weight.shape, options)
  return {
    input: want.input === 'none' ? null : inputGradient(d, layer, x, weight, gradient, want.input, stored),
    weight: want.weight ? weightGradient(d, layer, x, weight.shape, gradient) : null,
    bias: want.bias ? sumRows(d, gradient, 1, [layer.shape.outChannels]) : null,
  }
}

function inputGradient(
  d: Device,
  { shape: s, frames, key }: Layer,
  x: GpuTensor,
  weight: GpuTensor,
  gradient: GpuTensor,
  want: 'open' | 'full',
  stored?: Stored,
): GpuTensor {
  const open = want === 'open' && x.kind === 'spikes'
  const target = d.tensors.make('dense', x.shape, 1, stored)
  const o = { open, gradient: gradient.stored, weight: weight.stored, result: target.stored }
  const name = `input gradient ${key} ${Object.values(o).join(' ')}`
  const rows = frames * s.height * s.width
  const columns = s.channels / s.groups
  const blocks = {
    gradient: gradient.block,
    weight: weight.block,
    result: target.block,
    ...(open ? { x: x.block } : {}),
  }
  d.tuned(name, rows, columns, (tile) => {
    const kernel = d.machine.kernel(`${name} ${tileKey(tile)}`, () => wgsl.convolutionInputGradient(s, o, tile, d.half))
    d.machine.run(kernel, blocks, { frames, xScale: x.scale }, gridOf(wgsl.workgroupsOf(tile, rows, columns), s.groups))
  })
  return target
}

/** Most values of the shares of one weight gradient: 64 MB. */
const mostShared = 2 ** 24

/** Output pixels that one share adds up: those of whole frames; from shapes alone, so that sums do not depend on the device. */
function sharesOf(frames: number, pixels: number, weights: number): { shares: number; perShare: number } {
  const wanted = Math.min(Math.ceil((frames * pixels) / 1024), Math.floor(mostShared / weights), frames)
  const framesEach = Math.ceil(frames / Math.max(1, wanted))
  return { shares: Math.ceil(frames / framesEach), perShare: framesEach * pixels }
}

function weightGradient(
  d: Device,
  { shape: s, frames, key }: Layer,
  x: GpuTensor,
  shape: Shape,
  gradient: GpuTensor,
): GpuTensor {
  const weights = sizeOf(shape)
  const { shares, perShare } = sharesOf(frames, s.outHeight * s.outWidth, weights)
  const target = d.tensors.make('dense', shape)
  const rows = (s.kernel[0] * s.kernel[1] * s.channels) / s.groups
  const columns = s.outChannels / s.groups
  const o = { x: x.stored, gradient: gradient.stored }
  const name = `weight gradient ${key} ${o.x} ${o.gradient}`
  d.scratch(shares > 1 ? [4 * shares * weights] : [], ([partial]) => {
    const blocks = { x: x.block, gradient: gradient.block, result: partial ?? target.block }
    const values = { frames, shares, perShare, xScale: x.scale }
    d.tuned(name, rows, columns, (tile) => {
      const kernel = d.machine.kernel(`${name} ${tileKey(tile)}`, () =>
        wgsl.convolutionWeightGradient(s, o, tile, d.half),
      )
      d.machine.run(kernel, blocks, values, gridOf(wgsl.workgroupsOf(tile, rows, columns), s.groups * shares))
    })
    if (partial) d.over('sum of shares', wgsl.sumShares, weights, { x: partial, result: target.block }, { shares })
  })
  return target
}
