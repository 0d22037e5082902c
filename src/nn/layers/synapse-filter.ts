import { sizeOf, UsageError } from '../../base/index.ts'
import { defineNeuron, type Neuron } from '../../equations/index.ts'
import { spiking } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { numberFrame } from '../number-frame.ts'
import type { Parameter } from '../parameter.ts'
import type { Run } from '../run.ts'
import { constantStart } from '../starts.ts'
import { streamed } from '../streamed.ts'

export interface SynapseFilterOptions {
  /** Steps in which a current decays to 1 / e, above 1. Default 100. */
  readonly tau?: number
  /** Whether tau is learned, one for the layer, as 1 / tau = sigmoid(w). Default false. */
  readonly learned?: boolean
}

const fixed = defineNeuron({
  name: 'synapse',
  constants: { tau: 100 },
  equations: 'i = i - (1 - x) * i / tau + x\ns = i',
})

const learning = defineNeuron({
  name: 'synapse',
  learnable: { w: { start: 0 } },
  equations: 'i = i - (1 - x) * i * sigmoid(w) + x\ns = i',
})()

/**
 * A synapse that filters: a current which every spike raises by 1, and which decays between spikes.
 * I[t] = I[t-1] - (1 - x[t]) I[t-1] / tau + x[t].
 * @see Fang et al., SpikingJelly, Science Advances 2023, SynapseFilter
 */
export class SynapseFilter extends Layer {
  readonly type = 'synapseFilter'
  readonly options: SynapseFilterOptions
  private readonly neuron: Neuron
  private w: Parameter | null = null

  /** @throws UsageError for a tau of 1 or less */
  constructor(options: SynapseFilterOptions = {}) {
    super()
    const { tau = 100, learned = false } = options
    if (!(Number.isFinite(tau) && tau > 1))
      throw new UsageError({
        what: 'a synapse cannot decay with such a tau',
        expected: 'a number of steps above 1',
        got: String(tau),
      })
    this.options = options
    this.neuron = learned ? learning : fixed({ tau })
  }

  build(input: Frame, site: Site): Frame {
    const { tau = 100, learned = false } = this.options
    if (learned) this.w = site.parameter('w', [1], constantStart(1, -Math.log(tau - 1)))
    const cost = { parameters: learned ? 1 : 0, multiplyAdds: 2 * sizeOf(input.shape) }
    return numberFrame(site, this.type, input, cost, true)
  }

  forward(x: Tensor, run: Run): Tensor {
    return streamed(run, this.path, (state, wantState) =>
      spiking(run, x, {
        neuron: this.neuron,
        T: run.T,
        parameters: this.w ? [this.w.on(run.backend)] : [],
        normalisation: null,
        state,
        wantState,
      }),
    )
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}
