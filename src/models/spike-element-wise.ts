import { ShapeError, sameShape, shapeText } from '../base/index.ts'
import { defineNeuron } from '../equations/index.ts'
import {
  type Conv2d,
  type Flow,
  type Frame,
  Layer,
  type LayerConfig,
  type Run,
  released,
  residualRow,
  type Site,
  type Spiking,
} from '../nn/index.ts'
import { add, multiply, spiking } from '../ops/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { type ModelOptions, normAndNeuron } from './options.ts'

/** How the spikes a of a block meet those b of its shortcut: a + b, a b, or (1 - a) b. */
export type Connect = 'add' | 'and' | 'iand'

export interface SpikeElementWiseOptions {
  readonly connect: Connect
  readonly convolutions: readonly Conv2d[]
  readonly shortcut: Conv2d | null
}

const silence = defineNeuron({ name: 'silence', equations: 's = 1 - x' })()

/**
 * Convolutions, each with BatchNorm and neurons, whose spikes meet those of a shortcut.
 * @see Fang et al., Deep residual learning in spiking neural networks, NeurIPS 2021, Table 1
 */
export class SpikeElementWiseBlock extends Layer {
  readonly type = 'spikeElementWiseBlock'
  private readonly options: SpikeElementWiseOptions
  private readonly neurons: readonly Spiking[]
  private readonly shortcutNeurons: Spiking | null
  /** Whether both sides give nothing but 0 and 1. */
  private binary = false

  constructor(model: ModelOptions, options: SpikeElementWiseOptions) {
    super()
    this.options = options
    this.neurons = options.convolutions.map(() => normAndNeuron(model))
    this.shortcutNeurons = options.shortcut && normAndNeuron(model)
  }

  build(input: Frame, site: Site): Frame {
    const { convolutions, shortcut, connect } = this.options
    const body = convolutions.reduce((frame, convolution, i) => {
      const current = site.build(`conv${i + 1}`, convolution, frame)
      return site.build([`bn${i + 1}`, `sn${i + 1}`], this.neurons[i], current)
    }, input)
    const past = this.buildShortcut(shortcut, input, site)
    if (!sameShape(body.shape, past.shape))
      throw new ShapeError({
        what: 'the two sides of a block differ in shape',
        expected: `${shapeText(body.shape)}, the convolutions'`,
        got: `${shapeText(past.shape)}, the shortcut's`,
      })
    this.binary = [body, past].every(({ kind, levels }) => kind === 'spikes' && levels === undefined)
    const spikes = this.binary && connect !== 'add'
    const output: Frame = { shape: body.shape, sequence: true, kind: spikes ? 'spikes' : 'dense' }
    if (!shortcut) site.row(residualRow(input, output, true))
    return output
  }

  forward(x: Tensor, run: Run): Tensor {
    const { convolutions, shortcut } = this.options
    const body = this.along(x, convolutions, this.neurons, run)
    const past = shortcut && this.shortcutNeurons ? this.along(x, [shortcut], [this.shortcutNeurons], run) : x
    const met = this.meet(body, past, run)
    released(run, body, [met])
    released(run, past, [x, met])
    return met
  }

  override follow<Value>(x: Value, flow: Flow<Value>): Value | null {
    const { convolutions, shortcut, connect } = this.options
    if (connect !== 'add') return null
    const body = convolutions.reduce((value, layer, i) => flow.apply(this.neurons[i], flow.apply(layer, value)), x)
    const past = shortcut && this.shortcutNeurons ? flow.apply(this.shortcutNeurons, flow.apply(shortcut, x)) : x
    return flow.add(body, past)
  }

  config(): LayerConfig {
    const { connect, convolutions, shortcut } = this.options
    const configs = { convolutions: convolutions.map((one) => one.config()), shortcut: shortcut?.config() ?? null }
    return { type: this.type, connect, ...configs }
  }

  private buildShortcut(shortcut: Conv2d | null, input: Frame, site: Site): Frame {
    if (!shortcut || !this.shortcutNeurons) return input
    const current = site.build('shortcut', shortcut, input)
    return site.build(['shortcut_bn', 'shortcut_sn'], this.shortcutNeurons, current)
  }

  private along(x: Tensor, convolutions: readonly Conv2d[], neurons: readonly Spiking[], run: Run): Tensor {
    return convolutions.reduce((value, convolution, i) => {
      const current = convolution.call(value, run)
      const spikes = neurons[i].call(current, run)
      released(run, current, [])
      released(run, value, [x])
      return spikes
    }, x)
  }

  private meet(body: Tensor, past: Tensor, run: Run): Tensor {
    const { connect } = this.options
    if (connect === 'add') return add(run, body, past)
    if (connect === 'and') return multiply(run, past, body, { binary: this.binary })
    const options = { neuron: silence, T: run.T, parameters: [], normalisation: null, state: null, wantState: false }
    const silent = spiking(run, body, options).output
    const met = multiply(run, past, silent, { binary: this.binary })
    released(run, silent, [])
    return met
  }
}
