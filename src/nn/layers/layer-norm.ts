import { sizeOf, UsageError } from '../../base/index.ts'
import { layerNorm } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { numberFrame } from '../number-frame.ts'
import type { Parameter } from '../parameter.ts'
import type { Run } from '../run.ts'
import { constantStart } from '../starts.ts'

export interface LayerNormOptions {
  /** What is normalised together: the channels of each place (a token), or a whole frame. Default channels. */
  readonly over?: 'channels' | 'frame'
}

/** Normalises each sample and step by itself, with a weight and a bias for each value: no statistics of the batch. */
export class LayerNorm extends Layer {
  readonly type = 'layerNorm'
  readonly options: LayerNormOptions
  private weight!: Parameter
  private bias!: Parameter

  /** @throws UsageError for another choice of what is normalised together */
  constructor(options: LayerNormOptions = {}) {
    super()
    const { over = 'channels' } = options
    if (over !== 'channels' && over !== 'frame')
      throw new UsageError({
        what: 'a layer cannot be normalised over that',
        expected: "'channels' or 'frame'",
        got: String(over),
      })
    this.options = options
  }

  build(input: Frame, site: Site): Frame {
    const shape = this.options.over === 'frame' ? input.shape : input.shape.slice(-1)
    const size = sizeOf(shape)
    this.weight = site.parameter('weight', shape, constantStart(size, 1))
    this.bias = site.parameter('bias', shape, constantStart(size, 0))
    const cost = { parameters: 2 * size, multiplyAdds: 2 * sizeOf(input.shape) }
    return numberFrame(site, this.type, input, cost)
  }

  forward(x: Tensor, run: Run): Tensor {
    return layerNorm(run, x, this.weight.on(run.backend), this.bias.on(run.backend))
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}
