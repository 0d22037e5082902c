import { type Shape, sizeOf, UsageError } from '../../base/index.ts'
import { type ConvTranspose2dOptions, convTranspose2d, convTranspose2dShape } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { type Pair, pairOf } from '../pair.ts'
import type { Parameter } from '../parameter.ts'
import type { Run } from '../run.ts'
import { uniformStart } from '../starts.ts'
import type { Conv2dLayerOptions } from './conv2d.ts'

export interface ConvTranspose2dLayerOptions extends Conv2dLayerOptions {
  /** Rows and columns more at the end, fewer than the stride: which of the sizes that a strided convolution shrinks to the
   * same is meant. Default 0. */
  readonly outputPadding?: number | Pair
}

/** Transposed convolution of every frame, [H, W, C] to a larger [H', W', channels]. */
export class ConvTranspose2d extends Layer {
  readonly type = 'convTranspose2d'
  readonly options: ConvTranspose2dLayerOptions
  private readonly geometry: ConvTranspose2dOptions
  private weight!: Parameter
  private bias: Parameter | null = null

  /** @throws UsageError where groups do not divide the channels */
  constructor(options: ConvTranspose2dLayerOptions) {
    super()
    const { channels, groups = 1 } = options
    if (channels % groups !== 0)
      throw new UsageError({
        what: 'the channels of a transposed convolution do not divide into its groups',
        expected: `a multiple of ${groups}`,
        got: String(channels),
      })
    this.options = options
    this.geometry = {
      stride: pairOf(options.stride ?? 1),
      padding: pairOf(options.padding ?? 0),
      dilation: pairOf(options.dilation ?? 1),
      groups,
      outputPadding: pairOf(options.outputPadding ?? 0),
    }
  }

  build(input: Frame, site: Site): Frame {
    const [kh, kw] = pairOf(this.options.kernelSize)
    const { channels } = this.options
    const shape: Shape = [kh, kw, channels / this.geometry.groups, input.shape[input.shape.length - 1]]
    const output: Frame = {
      shape: convTranspose2dShape(input.shape, shape, this.geometry),
      sequence: input.sequence,
      kind: 'dense',
    }
    // PyTorch takes for the fan-in what each input spreads to.
    const fanIn = kh * kw * shape[2]
    this.weight = site.parameter('weight', shape, uniformStart(sizeOf(shape), fanIn), { kind: 'conv2d' })
    if (this.options.bias ?? true) this.bias = site.parameter('bias', [channels], uniformStart(channels, fanIn))
    site.row({
      type: this.type,
      input,
      output,
      parameters: sizeOf(shape) + (this.bias ? channels : 0),
      multiplyAdds: sizeOf(input.shape) * fanIn,
      keepsOutput: true,
      neurons: 0,
      trainingOnly: false,
      // A spike reaches a whole kernel, whatever the stride.
      windows: { size: [kh, kw], stride: [1, 1], groups: this.geometry.groups },
    })
    return output
  }

  forward(x: Tensor, run: Run): Tensor {
    const { backend } = run
    return convTranspose2d(run, x, this.weight.on(backend), this.bias?.on(backend) ?? null, this.geometry)
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}
