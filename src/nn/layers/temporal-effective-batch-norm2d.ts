import { sizeOf } from '../../base/index.ts'
import { defineNeuron } from '../../equations/index.ts'
import { slice, spiking } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { Norm } from '../norm.ts'
import { numberFrame } from '../number-frame.ts'
import type { Parameter } from '../parameter.ts'
import { released } from '../released.ts'
import type { Run } from '../run.ts'
import { constantStart } from '../starts.ts'
import { checkedSteps, stepsOf } from '../steps-of.ts'

export interface TemporalEffectiveBatchNorm2dOptions {
  /** Steps of a run. */
  readonly T: number
}

const weighted = defineNeuron({
  name: 'weighted',
  learnable: { p: { start: 1, per: 'step' } },
  equations: 's = p * x',
})()

/**
 * TEBN: BatchNorm over all steps together, then each step times a factor of its own, `p`, which is learned.
 * @see Duan et al., Temporal effective batch normalization in spiking neural networks, NeurIPS 2022
 */
export class TemporalEffectiveBatchNorm2d extends Layer {
  readonly type = 'temporalEffectiveBatchNorm2d'
  readonly options: TemporalEffectiveBatchNorm2dOptions
  private norm!: Norm
  private p!: Parameter

  /** @throws UsageError unless T is a number of steps */
  constructor(options: TemporalEffectiveBatchNorm2dOptions) {
    super()
    checkedSteps('TEBN', options.T)
    this.options = options
  }

  build(input: Frame, site: Site): Frame {
    const { T } = this.options
    const channels = input.shape[input.shape.length - 1]
    this.norm = new Norm(site, site.path, channels, 'merged')
    this.p = site.parameter('p', [T], constantStart(T, 1))
    const cost = { parameters: 2 * channels + T, multiplyAdds: 2 * sizeOf(input.shape) }
    return numberFrame(site, this.type, input, cost, true)
  }

  forward(x: Tensor, run: Run): Tensor {
    const all = this.p.on(run.backend)
    const p = slice(run, all, ...stepsOf(run, this.options.T, this.p.path))
    const { output } = spiking(run, x, {
      neuron: weighted,
      T: run.T,
      parameters: [p],
      normalisation: this.norm.on(run),
      state: null,
      wantState: false,
    })
    released(run, p, [all])
    return output
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}
