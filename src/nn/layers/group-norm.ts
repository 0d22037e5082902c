import { sizeOf } from '../../base/index.ts'
import { groupNorm } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { numberFrame } from '../number-frame.ts'
import type { Parameter } from '../parameter.ts'
import type { Run } from '../run.ts'
import { constantStart } from '../starts.ts'

export interface GroupNormOptions {
  /** A divisor of the channels; 1 takes all of them together, as layer normalisation over a whole frame does. */
  readonly groups: number
}

/** Normalises groups of channels of each sample and step by themselves: no statistics to keep, none of the batch. */
export class GroupNorm extends Layer {
  readonly type = 'groupNorm'
  readonly options: GroupNormOptions
  private weight!: Parameter
  private bias!: Parameter

  constructor(options: GroupNormOptions) {
    super()
    this.options = options
  }

  build(input: Frame, site: Site): Frame {
    const channels = input.shape[input.shape.length - 1]
    this.weight = site.parameter('weight', [channels], constantStart(channels, 1))
    this.bias = site.parameter('bias', [channels], constantStart(channels, 0))
    const cost = { parameters: 2 * channels, multiplyAdds: 2 * sizeOf(input.shape) }
    return numberFrame(site, this.type, input, cost)
  }

  forward(x: Tensor, run: Run): Tensor {
    return groupNorm(run, x, this.weight.on(run.backend), this.bias.on(run.backend), this.options.groups)
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}
