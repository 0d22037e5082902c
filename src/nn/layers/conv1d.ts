import { ShapeError, shapeText } from '../../base/index.ts'
import type { Frame, LayerConfig, Site } from '../layer.ts'
import type { Layout } from '../parameter.ts'
import { Conv2d } from './conv2d.ts'

export interface Conv1dOptions {
  /** Output channels. */
  readonly channels: number
  readonly kernelSize: number
  /** Default 1. */
  readonly stride?: number
  /** Default 0. */
  readonly padding?: number
  /** Default 1. */
  readonly dilation?: number
  /** Default 1. */
  readonly groups?: number
  /** Default true. */
  readonly bias?: boolean
}

/**
 * Convolution along frames of height 1, [1, L, C] to [1, L', channels]: audio, or tokens. It is a Conv2d with kernels of
 * height 1, event kernels and exports included; in files its weight is PyTorch's, [out, in, k].
 */
export class Conv1d extends Conv2d {
  override readonly type: string = 'conv1d'
  protected override readonly layout: Layout = { kind: 'conv1d' }
  private readonly own: Conv1dOptions

  constructor(options: Conv1dOptions) {
    const { kernelSize, stride = 1, padding = 0, dilation = 1, ...rest } = options
    super({
      ...rest,
      kernelSize: [1, kernelSize],
      stride: [1, stride],
      padding: [0, padding],
      dilation: [1, dilation],
    })
    this.own = options
  }

  override build(input: Frame, site: Site): Frame {
    if (input.shape.length === 3 && input.shape[0] === 1) return super.build(input, site)
    throw new ShapeError({
      what: 'a convolution of one dimension needs sequences',
      expected: '[1, L, C]',
      got: shapeText(input.shape),
      next: 'Give frames the height 1, or use Conv2d.',
    })
  }

  override config(): LayerConfig {
    return { type: this.type, ...this.own }
  }
}
