import { ShapeError, shapeText } from '../base/index.ts'
import { Conv2d, type Frame, Layer, type LayerConfig, type Run, released, type Site, Spiking } from '../nn/index.ts'
import { attention, scale } from '../ops/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { type Link, link } from './named-sequence.ts'
import { type ModelOptions, normAndNeuron } from './options.ts'

/** Queries, keys, values, and what comes behind them. */
export type AttentionBranch = 'q' | 'k' | 'v' | 'proj'

const inputs = ['q', 'k', 'v'] as const

/** What sums of spikes are multiplied by; twice the published 1/8, whose neurons behind it have half the threshold. */
const factor = 0.25

export interface SpikingSelfAttentionOptions {
  readonly channels: number
  readonly heads: number
  /** Whether the convolutions of queries, keys and values have a bias. Default false. */
  readonly bias?: boolean
  /** The layers of a branch; queries, keys and values end in neurons. Default: a 1x1 convolution and neurons. */
  readonly branch?: (name: AttentionBranch) => readonly Link[]
}

/**
 * Spiking self-attention: queries, keys and values are spikes, their products are summed without a softmax, and neurons make
 * spikes of the sums.
 * @see Zhou et al., Spikformer: When spiking neural network meets transformer, ICLR 2023
 */
export class SpikingSelfAttention extends Layer {
  readonly type = 'spikingSelfAttention'
  private readonly options: SpikingSelfAttentionOptions
  private readonly branches: { readonly [branch in AttentionBranch]: readonly Link[] }
  private readonly gate: Spiking

  constructor(model: ModelOptions, options: SpikingSelfAttentionOptions) {
    super()
    const { channels, bias = false } = options
    const pointwise = (name: AttentionBranch) => [
      link(`${name}_conv`, new Conv2d({ channels, kernelSize: 1, bias: bias || name === 'proj' })),
      link([`${name}_bn`, `${name}_sn`], normAndNeuron(model)),
    ]
    const { branch = pointwise } = options
    this.options = options
    this.branches = { q: branch('q'), k: branch('k'), v: branch('v'), proj: branch('proj') }
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
    const [q] = inputs.map((branch) => this.branch(branch, input, site))
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
    const [q, k, v] = inputs.map((branch) => this.through(branch, x, run))
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
    const { branch: _, ...options } = this.options
    return { type: this.type, ...options }
  }

  private branch(branch: AttentionBranch, input: Frame, site: Site): Frame {
    return this.branches[branch].reduce((frame, { names, layer }) => site.build(names, layer, frame), input)
  }

  private through(branch: AttentionBranch, x: Tensor, run: Run): Tensor {
    return this.branches[branch].reduce((value, { layer }) => {
      const next = layer.call(value, run)
      released(run, value, [x, next])
      return next
    }, x)
  }
}
