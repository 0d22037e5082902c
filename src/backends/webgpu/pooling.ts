import type { Shape } from '../../base/index.ts'
import { wgsl } from '../../codegen/index.ts'
import type { PoolOptions } from '../backend.ts'
import type { Device } from './device.ts'
import type { GpuTensor } from './tensors.ts'

interface Cells {
  readonly kind: 'average' | 'max'
  readonly form: wgsl.PoolForm
  readonly values: { readonly [field: string]: number }
  readonly shape: Shape
}

function cellsOf(x: Shape, options: PoolOptions): Cells {
  const [steps, batch, height, width, channels] = x
  const adaptive = options.kind === 'adaptiveAverage'
  const kernel = adaptive ? [1, 1] : options.kernel
  const stride = adaptive ? [1, 1] : options.stride
  const padding = adaptive ? [0, 0] : options.padding
  const side = (size: number, axis: 0 | 1) =>
    adaptive ? options.size[axis] : Math.floor((size + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1
  const [outHeight, outWidth] = [side(height, 0), side(width, 1)]
  const values = {
    height,
    width,
    channels,
    outHeight,
    outWidth,
    kernelY: kernel[0],
    kernelX: kernel[1],
    strideY: stride[0],
    strideX: stride[1],
    padY: padding[0],
    padX: padding[1],
  }
  return {
    kind: options.kind === 'max' ? 'max' : 'average',
    form: adaptive ? 'adaptive' : 'sliding',
    values,
    shape: [steps, batch, outHeight, outWidth, channels],
  }
}

export function pool(d: Device, x: GpuTensor, options: PoolOptions): GpuTensor {
  const { kind, form, values, shape } = cellsOf(x.shape, options)
  const bytes = kind === 'max' && x.kind === 'spikes'
  const target = bytes ? d.tensors.zeros('spikes', shape, x.scale) : d.tensors.make('dense', shape)
  d.over(
    `pool ${kind} ${form} ${x.stored} ${target.stored}`,
    () => wgsl.poolForward(kind, form, x.stored, target.stored),
    target.size,
    { x: x.block, result: target.block },
    { ...values, xScale: x.scale },
  )
  return target
}

export function poolBackward(
  d: Device,
  x: GpuTensor,
  gradient: GpuTensor,
  options: PoolOptions,
  want: 'open' | 'full',
): GpuTensor {
  const { kind, form, values } = cellsOf(x.shape, options)
  const open = want === 'open' && x.kind === 'spikes'
  const target = d.tensors.make('dense', x.shape)
  const stored = { x: x.stored, gradient: gradient.stored, result: target.stored }
  const blocks = { gradient: gradient.block, result: target.block, ...(kind === 'max' || open ? { x: x.block } : {}) }
  d.over(
    `pool backward ${kind} ${form} ${Object.values(stored).join(' ')} ${open}`,
    () => wgsl.poolBackward(kind, form, stored, open),
    target.size,
    blocks,
    { ...values, xScale: x.scale },
  )
  return target
}
