import { type Random, sizeOf, UsageError } from '../../base/index.ts'
import { defineNeuron, type LearnableStart, type Neuron } from '../../equations/index.ts'
import { spiking } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import type { Parameter } from '../parameter.ts'
import type { Run } from '../run.ts'
import { joined } from '../site.ts'
import { streamed } from '../streamed.ts'

export interface DelayOptions {
  /** Longest delay, in steps: 1 to 32. */
  readonly most: number
  /** Delay of each channel in steps, 0 to `most`: a number, `uniform(0, 8)`, or one for each channel. Default: `most`. */
  readonly start?: LearnableStart
  /** Whether delays are learned. Default false. */
  readonly learned?: boolean
}

/** What a channel gives: x[t - d], between two steps a mixture of both, so that d has a gradient. */
function delaying({ most, start = most }: DelayOptions): Neuron {
  const taken = Array.from({ length: most + 1 }, (_, k) => `relu(1 - abs(d - ${k})) * ${k === 0 ? 'x' : `x${k}`}`)
  const moved = Array.from({ length: most }, (_, i) => `x${most - i} = ${i === most - 1 ? 'x' : `x${most - i - 1}`}`)
  return defineNeuron({
    name: 'delay',
    learnable: { d: { start, per: 'channel', min: 0, max: most } },
    equations: [`s = ${taken.join(' + ')}`, ...moved].join('\n'),
  })()
}

/**
 * Every channel some steps later. What would come from before the first step is 0. Delays may lie between steps, where the
 * values of both are mixed; learned ones are kept from 0 to the longest.
 * @see Hammouamri et al., Learning delays in spiking neural networks, ICLR 2024
 */
export class Delay extends Layer {
  readonly type = 'delay'
  readonly options: DelayOptions
  private readonly neuron: Neuron
  private delays!: Parameter

  /** @throws UsageError for a longest delay out of range; EquationError for starts out of range */
  constructor(options: DelayOptions) {
    super()
    if (!(Number.isSafeInteger(options.most) && options.most >= 1 && options.most <= 32))
      throw new UsageError({
        what: 'a longest delay out of range',
        expected: 'a whole number of steps, 1 to 32',
        got: String(options.most),
      })
    this.options = options
    this.neuron = delaying(options)
  }

  build(input: Frame, site: Site): Frame {
    const channels = input.shape[input.shape.length - 1]
    const { most, learned = false } = this.options
    const start = (random: Random) => this.neuron.program.parameters[0].draw(1, channels, random)
    const path = joined(site.path, 'd')
    this.delays = site.make(path, [channels], start, { kind: 'same' }, learned, { min: 0, max: most })
    const { levels: _, ...rest } = input
    const output: Frame = { ...rest, sequence: true, kind: 'dense' }
    site.row({
      type: this.type,
      input,
      output,
      parameters: learned ? channels : 0,
      multiplyAdds: learned ? 2 * sizeOf(input.shape) : 0,
      keepsOutput: true,
      neurons: 0,
      trainingOnly: false,
    })
    return output
  }

  forward(x: Tensor, run: Run): Tensor {
    return streamed(run, this.path, (state, wantState) =>
      spiking(run, x, {
        neuron: this.neuron,
        T: run.T,
        parameters: [this.delays.on(run.backend)],
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
