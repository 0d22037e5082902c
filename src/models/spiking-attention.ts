import { ShapeError, shapeText } from '../base/index.ts'
import { Conv2d, type Frame, Layer, type LayerConfig, type Run, released, type Site, Spiking } from '../nn/index.ts'
import { attention, scale } from '../ops/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { type ModelOptions, normAndNeuron } from './options.ts'

type Branch = 'q' | 'k' | 'v'

const branches: readonly Branch[] = ['q', 'k', 'v']

/** What sums of spikes are multiplied by; twice the published 1/8, whose neurons behind it have half the threshold. */
const factor = 0.25

export interface SpikingSelfAttentionOptions {
  readonly channels: number
  readonly heads: number
  /** Whether the convolutions of queries, keys and values have a bias. */
  readonly bias: boolean
}

/**
 * Spiking self-attention: queries, keys and values are spikes, their products are summed without a softmax, and neurons make
 * spikes of the sums.
 * @see Zhou et al., Spikformer: When spiking neural network meets transformer, ICLR 2023
 */
export class SpikingSelfAttention extends Layer {
  readonly type = 'spikingSelfAttention'
  private readonly options: SpikingSelfAttentionOptions
  private readonly convolutions: { readonly [branch in Branch | 'proj']: Conv2d }
  private readonly neurons: { readonly [branch in Branch | 'proj']: Spiking }
  private readonly gate: Spiking

  constructor(model: ModelOptions, options: SpikingSelfAttentionOptions) {
    super()
    const { channels, bias } = options
    this.options = options
    const one = (withBias: boolean) => new Conv2d({ channels, kernelSize: 1, bias: withBias })
    this.convolutions = { q: one(bias), k: one(bias), v: one(bias), proj: one(true) }
    const neurons = () => normAndNeuron(model)
    this.neurons = { q: neurons(), k: neurons(), v: neurons(), proj: neurons() }
    this.gate = new Spiking({ neuron: model.neuron, ...(model.T === undefined ? {} : { T: model.T }) })
  }

  build(input: Frame, site: Site): Frame {
    const { channels, heads } = this.options
    if (input.shape.length !== 3 || input.shape[2] !== channels || channels % heads !== 0)
      throw new ShapeError({
        what: 'self-attention does not fit its input',
        expected: `[H, W, ${channels}], channels a multiple of ${heads} heads`,
        got: shapeText(input.shape),
      })
    const [q] = branches.map((branch) => this.branch(branch, input, site))
    const [height, width] = input.shape
    const { levels: _, ...plain } = q
    const summed: Frame = { ...plain, kind: 'dense' }
    site.row({
      type: 'attention',
      input: q,
      output: summed,
      parameters: 0,
      multiplyAdds: (2 * height * width * channels * channels) / heads,
      keepsOutput: true,
      neurons: 0,
      trainingOnly: false,
    })
    return this.branch('proj', site.build('attn_sn', this.gate, summed), site)
  }

  forward(x: Tensor, run: Run): Tensor {
    const [q, k, v] = branches.map((branch) => this.through(branch, x, run))
    const sums = attention(run, q, k, v, this.options.heads)
    for (const spikes of [q, k, v]) released(run, spikes, [])
    const scaled = scale(run, sums, factor)
    released(run, sums, [])
    const spikes = this.gate.call(scaled, run)
    released(run, scaled, [])
    const result = this.through('proj', spikes, run)
    released(run, spikes, [])
    return result
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }

  private branch(branch: Branch | 'proj', input: Frame, site: Site): Frame {
    const current = site.build(`${branch}_conv`, this.convolutions[branch], input)
    return site.build([`${branch}_bn`, `${branch}_sn`], this.neurons[branch], current)
  }

  private through(branch: Branch | 'proj', x: Tensor, run: Run): Tensor {
    const current = this.convolutions[branch].call(x, run)
    const spikes = this.neurons[branch].call(current, run)
    released(run, current, [])
    return spikes
  }
}
