import { sizeOf } from '../base/index.ts'
import {
  BatchNorm2d,
  Conv2d,
  type Frame,
  Layer,
  type LayerConfig,
  type Run,
  released,
  type Site,
  Spiking,
} from '../nn/index.ts'
import { multiply, pool, scale } from '../ops/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { type ModelOptions, normAndNeuron } from './options.ts'

/** Queries, keys and values. */
type Branch = 'q' | 'k' | 'v'

const branches: readonly Branch[] = ['q', 'k', 'v']

/**
 * Spike-driven self-attention: the spikes of queries pass in the channels in which the products of keys and values,
 * summed over all places of the image, make a neuron fire. Nothing is multiplied but spikes; a Residual around it makes
 * the membrane shortcut:
 *
 *     norm(conv(q * neuron(sum over places of k * v)))
 *
 * @see Yao et al., Spike-driven Transformer, NeurIPS 2023, Section 3.2
 */
export class SpikeDrivenAttention extends Layer {
  readonly type = 'spikeDrivenAttention'
  readonly shortcut: Spiking
  readonly convolutions: { readonly [branch in Branch]: Conv2d }
  readonly neurons: { readonly [branch in Branch]: Spiking }
  readonly chooser: Spiking
  readonly projection: Conv2d
  readonly norm: BatchNorm2d
  readonly spread: boolean

  /** @param spread whether keys, values, their products and the masked queries spread to their neighbours, for events */
  constructor(options: ModelOptions, channels: number, spread = false) {
    super()
    this.spread = spread
    const { neuron, normalisation = 'perStep', T } = options
    const plain = () => new Spiking({ neuron, ...(T === undefined ? {} : { T }) })
    const each = <Made>(make: () => Made) => ({ q: make(), k: make(), v: make() })
    this.shortcut = plain()
    this.convolutions = each(() => new Conv2d({ channels, kernelSize: 1, bias: false }))
    this.neurons = each(() => normAndNeuron(options))
    this.chooser = plain()
    this.projection = new Conv2d({ channels, kernelSize: 1 })
    this.norm = new BatchNorm2d({ statistics: normalisation })
  }

  build(input: Frame, site: Site): Frame {
    const spikes = site.build('sn', this.shortcut, input)
    const built = branches.map((branch) => {
      const current = site.build(`${branch}_conv`, this.convolutions[branch], spikes)
      return site.build([`${branch}_bn`, `${branch}_sn`], this.neurons[branch], current)
    })
    const chosen = site.build('kv_sn', this.chooser, { ...built[1], shape: [1, 1, input.shape[2]], kind: 'dense' })
    const binary = [...built, chosen].every(({ kind, levels }) => kind === 'spikes' && levels === undefined)
    const masked: Frame = { ...built[0], kind: binary ? 'spikes' : 'dense' }
    site.row({
      type: 'attention',
      input: built[0],
      output: masked,
      parameters: 0,
      multiplyAdds: 0,
      keepsOutput: true,
      neurons: 0,
      trainingOnly: false,
    })
    return site.build('proj_bn', this.norm, site.build('proj_conv', this.projection, masked))
  }

  forward(x: Tensor, run: Run): Tensor {
    const spikes = this.shortcut.call(x, run)
    const [q, k, v] = branches.map((branch) => {
      const current = this.convolutions[branch].call(spikes, run)
      const output = this.neurons[branch].call(current, run)
      released(run, current, [])
      return output
    })
    released(run, spikes, [])
    const masked = this.attend(q, k, v, run)
    const current = this.projection.call(masked, run)
    released(run, masked, [])
    const normalised = this.norm.call(current, run)
    released(run, current, [])
    return normalised
  }

  config(): LayerConfig {
    return { type: this.type }
  }

  /** q where the channel is chosen; releases all three. */
  private attend(q: Tensor, k: Tensor, v: Tensor, run: Run): Tensor {
    const [height, width] = q.shape.slice(2)
    const binary = [q, k, v].every(({ handle }) => handle.kind === 'spikes')
    const [keys, values] = [this.spreading(k, run), this.spreading(v, run)]
    const both = multiply(run, keys, values, { binary })
    for (const made of [keys, values]) released(run, made, [])
    const together = this.spreading(both, run)
    const mean = pool(run, together, { kind: 'average', kernel: [height, width], stride: [1, 1], padding: [0, 0] })
    const sum = scale(run, mean, sizeOf([height, width]))
    const chosen = this.chooser.call(sum, run)
    // One place becomes all places: each takes the channel's choice.
    const everywhere = pool(run, chosen, { kind: 'adaptiveAverage', size: [height, width] })
    const masked = multiply(run, q, everywhere, { binary: binary && chosen.handle.kind === 'spikes' })
    for (const made of [q, together, mean, sum, chosen, everywhere]) released(run, made, [])
    return this.spreading(masked, run)
  }

  /** The maximum over 3x3 neighbours, where that is wanted; releases what it is given. */
  private spreading(x: Tensor, run: Run): Tensor {
    if (!this.spread) return x
    const wide = pool(run, x, { kind: 'max', kernel: [3, 3], stride: [1, 1], padding: [1, 1] })
    released(run, x, [])
    return wide
  }
}
