import { sizeOf } from '../../base/index.ts'
import { linear } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import type { Parameter } from '../parameter.ts'
import type { Run } from '../run.ts'
import { uniformStart } from '../starts.ts'

export interface LinearOptions {
  /** Outputs. */
  readonly features: number
  /** Default true. */
  readonly bias?: boolean
}

/** x * weight + bias for each sample; images count as flattened. */
export class Linear extends Layer {
  readonly type = 'linear'
  readonly options: LinearOptions
  private weight!: Parameter
  private bias: Parameter | null = null

  constructor(options: LinearOptions) {
    super()
    this.options = options
  }

  build(input: Frame, site: Site): Frame {
    const inputs = sizeOf(input.shape)
    const { features } = this.options
    const frame = input.flattened ?? (input.shape.length === 3 ? input.shape : null)
    const start = uniformStart(inputs * features, inputs)
    this.weight = site.parameter('weight', [inputs, features], start, { kind: 'linear', frame })
    if (this.options.bias ?? true) this.bias = site.parameter('bias', [features], uniformStart(features, inputs))
    const output: Frame = { shape: [features], sequence: input.sequence, kind: 'dense' }
    site.row({
      type: this.type,
      input,
      output,
      parameters: inputs * features + (this.bias ? features : 0),
      multiplyAdds: inputs * features,
      keepsOutput: true,
      neurons: 0,
      trainingOnly: false,
    })
    return output
  }

  forward(x: Tensor, run: Run): Tensor {
    return linear(run, x, this.weight.on(run.backend), this.bias?.on(run.backend) ?? null)
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}
