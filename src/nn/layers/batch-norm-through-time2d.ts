import { sizeOf } from '../../base/index.ts'
import { defineNeuron } from '../../equations/index.ts'
import { concat, slice, spiking } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { Norm } from '../norm.ts'
import { numberFrame } from '../number-frame.ts'
import { released } from '../released.ts'
import type { Run } from '../run.ts'
import { joined } from '../site.ts'
import { checkedSteps, stepsOf } from '../steps-of.ts'

export interface BatchNormThroughTime2dOptions {
  /** Steps of a run. */
  readonly T: number
  /** Whether each step learns a bias too; the paper leaves it out, as thresholds do the same. Default false. */
  readonly bias?: boolean
}

const identity = defineNeuron({ name: 'identity', equations: 's = x' })()

/**
 * BNTT: every step has statistics, running ones too, and weights of its own, `0.weight` to the last.
 * @see Kim and Panda, Revisiting batch normalization for training low-latency deep spiking neural networks from
 *   scratch, Frontiers in Neuroscience 2021
 */
export class BatchNormThroughTime2d extends Layer {
  readonly type = 'batchNormThroughTime2d'
  readonly options: BatchNormThroughTime2dOptions
  private norms!: readonly Norm[]

  /** @throws UsageError unless T is a number of steps */
  constructor(options: BatchNormThroughTime2dOptions) {
    super()
    checkedSteps('BNTT', options.T)
    this.options = options
  }

  build(input: Frame, site: Site): Frame {
    const { T, bias = false } = this.options
    const channels = input.shape[input.shape.length - 1]
    const norm = (t: number) => new Norm(site, joined(site.path, String(t)), channels, 'perStep', { bias })
    this.norms = Array.from({ length: T }, (_, t) => norm(t))
    const cost = { parameters: (bias ? 2 : 1) * T * channels, multiplyAdds: sizeOf(input.shape) }
    return numberFrame(site, this.type, input, cost, true)
  }

  forward(x: Tensor, run: Run): Tensor {
    const [from, to] = stepsOf(run, this.options.T, joined(this.path, 'weight'))
    const parts = this.norms.slice(from, to).map((norm, t) => {
      const frame = x.shape[0] === 1 ? x : slice(run, x, t, t + 1)
      const call = { neuron: identity, T: 1, parameters: [], state: null, wantState: false }
      const { output } = spiking(run, frame, { ...call, normalisation: norm.on(run) })
      released(run, frame, [x])
      return output
    })
    const result = concat(run, parts)
    for (const part of parts) released(run, part, [])
    return result
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}
