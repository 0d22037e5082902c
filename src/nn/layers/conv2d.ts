import { type Conv2dOptions, conv2dShape } from '../../backends/index.ts'
import { type Shape, sizeOf } from '../../base/index.ts'
import { conv2d } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { type Pair, pairOf } from '../pair.ts'
import type { Layout, Parameter } from '../parameter.ts'
import type { Run } from '../run.ts'
import { uniformStart } from '../starts.ts'

export interface Conv2dLayerOptions {
  /** Output channels. */
  readonly channels: number
  readonly kernelSize: number | Pair
  /** Default 1. */
  readonly stride?: number | Pair
  /** Default 0. */
  readonly padding?: number | Pair
  /** Default 1. */
  readonly dilation?: number | Pair
  /** Default 1. */
  readonly groups?: number
  /** Default true. */
  readonly bias?: boolean
}

/** Convolution of every frame, [H, W, C] to [H', W', channels]. */
export class Conv2d extends Layer {
  readonly type: string = 'conv2d'
  /** How its weight lies in files. */
  protected readonly layout: Layout = { kind: 'conv2d' }
  readonly options: Conv2dLayerOptions
  private readonly geometry: Conv2dOptions
  private weight!: Parameter
  private bias: Parameter | null = null

  constructor(options: Conv2dLayerOptions) {
    super()
    this.options = options
    this.geometry = {
      stride: pairOf(options.stride ?? 1),
      padding: pairOf(options.padding ?? 0),
      dilation: pairOf(options.dilation ?? 1),
      groups: options.groups ?? 1,
    }
  }

  build(input: Frame, site: Site): Frame {
    const [kh, kw] = pairOf(this.options.kernelSize)
    const { groups } = this.geometry
    const { channels } = this.options
    const shape: Shape = [kh, kw, Math.floor((input.shape[2] ?? 0) / groups), channels]
    const output: Frame = {
      shape: conv2dShape(input.shape, shape, this.geometry),
      sequence: input.sequence,
      kind: 'dense',
    }
    const fanIn = kh * kw * shape[2]
    this.weight = site.parameter('weight', shape, uniformStart(sizeOf(shape), fanIn), this.layout)
    if (this.options.bias ?? true) this.bias = site.parameter('bias', [channels], uniformStart(channels, fanIn))
    site.row({
      type: 'conv2d',
      input,
      output,
      parameters: sizeOf(shape) + (this.bias ? channels : 0),
      multiplyAdds: sizeOf(output.shape) * fanIn,
      keepsOutput: true,
      neurons: 0,
      trainingOnly: false,
      windows: { size: [kh, kw], stride: pairOf(this.options.stride ?? 1), groups },
    })
    return output
  }

  forward(x: Tensor, run: Run): Tensor {
    return this.withResidual(x, null, run)
  }

  /** The convolution plus a residual of its output's shape, spikes or dense. */
  withResidual(x: Tensor, residual: Tensor | null, run: Run): Tensor {
    const { backend, training } = run
    return conv2d(run, x, this.weight.on(backend), this.bias?.on(backend) ?? null, residual, this.geometry, training)
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}
