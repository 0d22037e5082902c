import { ShapeError, shapeText } from '../base/index.ts'
import { Conv2d, type Frame, Layer, type LayerConfig, type Run, released, type Site, Spiking } from '../nn/index.ts'
import { multiply, pool, reshape, scale } from '../ops/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { type ModelOptions, normAndNeuron } from './options.ts'

type Branch = 'q' | 'k' | 'proj'

export interface TokenAttentionOptions {
  readonly channels: number
  readonly heads: number
}

/**
 * Q-K token attention: the spikes of a place's queries are summed in each head, neurons make one spike of the sum, and it lets
 * the keys of that place and head pass. The sums count twice, where the published neurons have half the threshold.
 * @see Zhou et al., QKFormer: Hierarchical spiking transformer using Q-K attention, NeurIPS 2024
 */
export class TokenAttention extends Layer {
  readonly type = 'tokenAttention'
  private readonly options: TokenAttentionOptions
  private readonly convolutions: { readonly [branch in Branch]: Conv2d }
  private readonly neurons: { readonly [branch in Branch]: Spiking }
  private readonly gate: Spiking
  private binary = false

  constructor(model: ModelOptions, options: TokenAttentionOptions) {
    super()
    this.options = options
    const one = (bias: boolean) => new Conv2d({ channels: options.channels, kernelSize: 1, bias })
    this.convolutions = { q: one(false), k: one(false), proj: one(true) }
    this.neurons = { q: normAndNeuron(model), k: normAndNeuron(model), proj: normAndNeuron(model) }
    this.gate = new Spiking({ neuron: model.neuron, ...(model.T === undefined ? {} : { T: model.T }) })
  }

  build(input: Frame, site: Site): Frame {
    const { channels, heads } = this.options
    if (input.shape.length !== 3 || input.shape[2] !== channels || channels % heads !== 0)
      throw new ShapeError({
        what: 'token attention does not fit its input',
        expected: `[H, W, ${channels}], channels a multiple of ${heads} heads`,
        got: shapeText(input.shape),
      })
    const q = this.branch('q', input, site)
    const k = this.branch('k', input, site)
    const [height, width] = input.shape
    const gate = site.build('attn_sn', this.gate, { shape: [height, width, heads], sequence: true, kind: 'dense' })
    this.binary = [k, gate].every(({ kind, levels }) => kind === 'spikes' && levels === undefined)
    const passed: Frame = { shape: k.shape, sequence: true, kind: this.binary ? 'spikes' : 'dense' }
    site.row({
      type: 'attention',
      input: q,
      output: passed,
      parameters: 0,
      multiplyAdds: 0,
      keepsOutput: true,
      neurons: 0,
      trainingOnly: false,
    })
    return this.branch('proj', passed, site)
  }

  forward(x: Tensor, run: Run): Tensor {
    const [q, k] = [this.through('q', x, run), this.through('k', x, run)]
    const open = this.gates(q, run)
    released(run, q, [])
    const passed = this.pass(k, open, run)
    released(run, open, [])
    const result = this.through('proj', passed, run)
    released(run, passed, [])
    released(run, k, [])
    return result
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }

  /** One spike for each place and head, [T, N, H, W, heads]. */
  private gates(q: Tensor, run: Run): Tensor {
    const [T, N, H, W, C] = q.shape
    const { heads } = this.options
    const size = C / heads
    const rows = reshape(run, q, [T, N, H * W, C, 1])
    const means = pool(run, rows, { kind: 'average', kernel: [1, size], stride: [1, size], padding: [0, 0] })
    const sums = scale(run, means, 2 * size)
    const frames = reshape(run, sums, [T, N, H, W, heads])
    const spikes = this.gate.call(frames, run)
    for (const made of [rows, means, sums, frames]) released(run, made, [])
    return spikes
  }

  /** Keys where their place and head is open. */
  private pass(k: Tensor, open: Tensor, run: Run): Tensor {
    const [T, N, H, W, C] = k.shape
    const gates = reshape(run, open, [T, N, H * W, this.options.heads, 1])
    const everywhere = pool(run, gates, { kind: 'adaptiveAverage', size: [H * W, C] })
    const keys = reshape(run, k, [T, N, H * W, C, 1])
    const passed = multiply(run, keys, everywhere, { binary: this.binary })
    const result = reshape(run, passed, k.shape)
    for (const made of [gates, everywhere, keys, passed]) released(run, made, [])
    return result
  }

  private branch(branch: Branch, input: Frame, site: Site): Frame {
    const current = site.build(`${branch}_conv`, this.convolutions[branch], input)
    return site.build([`${branch}_bn`, `${branch}_sn`], this.neurons[branch], current)
  }

  private through(branch: Branch, x: Tensor, run: Run): Tensor {
    const current = this.convolutions[branch].call(x, run)
    const spikes = this.neurons[branch].call(current, run)
    released(run, current, [])
    return spikes
  }
}
