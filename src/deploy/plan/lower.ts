import { FormatError, type Shape, sizeOf } from '../../base/index.ts'
import { hasNeurons, hasSteps, type Neuron } from '../../equations/index.ts'
import { SpikeDrivenAttention } from '../../models/index.ts'
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  BatchNormThroughTime2d,
  Conv2d,
  ConvTranspose2d,
  Delay,
  Dropout,
  Flatten,
  GroupNorm,
  type Layer,
  LayerNorm,
  Linear,
  MaxPool2d,
  type Network,
  normEps,
  pairOf,
  Recurrent,
  Spiking,
  SynapseFilter,
  TemporalEffectiveBatchNorm2d,
  TemporalLinear,
} from '../../nn/index.ts'
import { foldAffine } from './fold.ts'
import type { Plan, PlanState, PlanStep, PlanValue, PlanWeights, ValueRef } from './plan.ts'
import { adaptiveSpans, slidingSpans } from './pool-spans.ts'

/** Why a layer cannot be written. */
class Refusal extends Error {}

/** A value on its way, with the shape that it is seen with: a Flatten changes no more. */
interface Signal {
  readonly ref: ValueRef
  readonly shape: Shape
}

/**
 * A network as one time step, as it is in evaluation: BatchNorm in the weights in front of it or in the input of the
 * neurons behind it, no dropout. Parameters are those on the host; pull them first.
 * @throws FormatError, naming each layer and why, where one cannot go step by step or has no counterpart
 */
export function planOf(network: Network): Plan {
  const lowering = new Lowering(network)
  const input = lowering.value(network.input, 'dense')
  const output = lowering.layer(network.layer, { ref: input, shape: network.input })
  if (lowering.refused.length > 0) {
    throw new FormatError({
      what: `${network.name} has ${lowering.refused.length} layers that no program of single steps can have`,
      place: lowering.refused.slice(0, 12).join('\n'),
      next: 'Train it with neurons and layers that go step by step, such as lif, plif or clif.',
    })
  }
  const { values, steps, states } = lowering
  return foldAffine({ name: network.name, values, steps, states, output: output.ref })
}

class Lowering {
  readonly values: PlanValue[] = []
  readonly steps: PlanStep[] = []
  readonly states: PlanState[] = []
  readonly refused: string[] = []
  private readonly network: Network

  constructor(network: Network) {
    this.network = network
  }

  value(shape: Shape, kind: PlanValue['kind']): ValueRef {
    this.values.push({ shape, kind })
    return this.values.length - 1
  }

  /** A layer, or the layers that it is made of. */
  layer(layer: Layer, x: Signal): Signal {
    const through = layer.follow<Signal>(x, {
      apply: (inner, value) => this.layer(inner, value),
      add: (a, b) => this.add(a, b),
    })
    if (through) return through
    try {
      return this.single(layer, x)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.refused.push(`layer "${layer.path}", ${layer.type}: ${error.message}`)
      const row = this.network.rows.find(({ path }) => path === layer.path)
      const shape = row?.output.shape ?? x.shape
      return { ref: this.value(shape, row?.output.kind ?? 'dense'), shape }
    }
  }

  private single(layer: Layer, x: Signal): Signal {
    if (layer instanceof Conv2d) return this.convolution(layer, x)
    if (layer instanceof Linear) return this.linear(layer, x)
    if (layer instanceof Spiking) return this.neurons(layer, x)
    if (layer instanceof BatchNorm2d) return this.norm(layer.path, x)
    if (layer instanceof AvgPool2d) return this.slidingPool('average', layer.options, x)
    if (layer instanceof MaxPool2d) return this.slidingPool('max', layer.options, x)
    if (layer instanceof AdaptiveAvgPool2d) return this.adaptivePool(pairOf(layer.options.size), x)
    if (layer instanceof Flatten) return { ...x, shape: [sizeOf(x.shape)] }
    if (layer instanceof Dropout) return x
    if (layer instanceof Recurrent) return this.recurrent(layer, x)
    if (layer instanceof SpikeDrivenAttention) return this.attention(layer, x)
    if (layer instanceof TemporalLinear) throw new Refusal('it mixes time steps, and a program gets one at a time')
    if (layer instanceof TemporalEffectiveBatchNorm2d || layer instanceof BatchNormThroughTime2d)
      throw new Refusal('its weights differ from step to step, and a program gets one step at a time')
    if (layer instanceof LayerNorm || layer instanceof GroupNorm)
      throw new Refusal('it takes statistics of every sample, for which programs of single steps have no operation')
    if (layer instanceof ConvTranspose2d) throw new Refusal('programs of single steps have no transposed convolution')
    if (layer instanceof SynapseFilter || layer instanceof Delay)
      throw new Refusal('programs of single steps have memory for neurons alone')
    throw new Refusal('nothing is known of what it computes')
  }

  private numbers(path: string, name: string): Float64Array {
    return Float64Array.from(this.network.parameter(path === '' ? name : `${path}.${name}`).values)
  }

  private weights(path: string): PlanWeights {
    const { shape } = this.network.parameter(path === '' ? 'weight' : `${path}.weight`)
    return { type: 'float32', shape, values: this.numbers(path, 'weight') }
  }

  private convolution(layer: Conv2d, x: Signal): Signal {
    const { path, options } = layer
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options
    const weight = this.weights(path)
    const [kh, kw] = weight.shape
    const [strides, paddings, dilations] = [pairOf(stride), pairOf(padding), pairOf(dilation)]
    const side = (axis: 0 | 1, kernel: number) => {
      const reach = dilations[axis] * (kernel - 1) + 1
      return Math.floor((x.shape[axis] + 2 * paddings[axis] - reach) / strides[axis]) + 1
    }
    const shape = [side(0, kh), side(1, kw), options.channels]
    const to = this.value(shape, 'dense')
    this.steps.push({
      op: 'conv',
      from: x.ref,
      to,
      path,
      weight,
      bias: bias ? this.numbers(path, 'bias') : null,
      stride: strides,
      padding: paddings,
      dilation: dilations,
      groups,
    })
    return { ref: to, shape }
  }

  private linear({ path, options }: Linear, x: Signal): Signal {
    const shape = [options.features]
    const to = this.value(shape, 'dense')
    const bias = (options.bias ?? true) ? this.numbers(path, 'bias') : null
    this.steps.push({ op: 'linear', from: x.ref, to, path, weight: this.weights(path), bias })
    return { ref: to, shape }
  }

  /** BatchNorm with its running statistics. */
  private norm(path: string, x: Signal): Signal {
    const of = (name: string) => this.numbers(path, name)
    const [weight, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(of)
    const scale = weight.map((w, c) => w / Math.sqrt(variance[c] + normEps))
    const shift = bias.map((b, c) => b - mean[c] * scale[c])
    return this.affine(x, scale, shift)
  }

  private affine(x: Signal, scale: Float64Array, shift: Float64Array): Signal {
    const to = this.value(x.shape, 'dense')
    this.steps.push({ op: 'affine', from: this.dense(x).ref, to, scale, shift })
    return { ref: to, shape: x.shape }
  }

  private neurons(layer: Spiking, x: Signal): Signal {
    const { neuron, path, normPath } = layer
    const { program } = neuron
    if (neuron.temporal)
      throw new Refusal(`its neurons '${neuron.name}' look over time, and a program gets one step at a time`)
    const stepwise = program.parameters.find(hasSteps)
    if (stepwise) throw new Refusal(`parameter '${stepwise.name}' of '${neuron.name}' differs from step to step`)
    const everywhere = program.parameters.find(hasNeurons)
    if (everywhere) throw new Refusal(`parameter '${everywhere.name}' of '${neuron.name}' has a value for each neuron`)
    const current = this.dense(normPath === null ? x : this.norm(normPath, x))
    const size = sizeOf(x.shape)
    const firstState = this.states.length
    for (const { name, start } of program.states) this.states.push({ name: `${path}.${name}`, size, start })
    const to = this.value(x.shape, program.spiking ? 'spikes' : 'dense')
    const parameters = program.parameters.map(({ name }) => this.numbers(path, name))
    const own = { path, neuron: withoutNoise(neuron), scale: null, shift: null, parameters, firstState }
    this.steps.push({ op: 'neurons', from: current.ref, to, ...own })
    return { ref: to, shape: x.shape }
  }

  private slidingPool(kind: 'average' | 'max', options: AvgPool2d['options'], x: Signal): Signal {
    const kernel = pairOf(options.kernelSize)
    const [stride, padding] = [pairOf(options.stride ?? kernel), pairOf(options.padding ?? 0)]
    const [rows, columns] = ([0, 1] as const).map((axis) =>
      slidingSpans(x.shape[axis], kernel[axis], stride[axis], padding[axis]),
    )
    const shape = [rows.length, columns.length, x.shape[2]]
    const to = this.value(shape, kind === 'max' ? this.values[x.ref].kind : 'dense')
    const area = kernel[0] * kernel[1]
    this.steps.push({ op: 'pool', from: x.ref, to, kind, rows, columns, area, window: { kernel, stride, padding } })
    return { ref: to, shape }
  }

  private adaptivePool([height, width]: readonly number[], x: Signal): Signal {
    const [rows, columns] = [adaptiveSpans(x.shape[0], height), adaptiveSpans(x.shape[1], width)]
    const shape = [height, width, x.shape[2]]
    const to = this.value(shape, 'dense')
    const { ref } = this.dense(x)
    this.steps.push({ op: 'pool', from: ref, to, kind: 'average', rows, columns, area: null, window: null })
    return { ref: to, shape }
  }

  /** The spikes of the step before come back: a state of their own. */
  private recurrent(layer: Recurrent, x: Signal): Signal {
    const { neurons, feedback } = layer
    const state = this.states.length
    this.states.push({ name: `${layer.path}.spikes`, size: sizeOf(x.shape), start: 0 })
    const past = this.value(x.shape, neurons.neuron.program.spiking ? 'spikes' : 'dense')
    this.steps.push({ op: 'recall', state, to: past })
    const back = this.layer(feedback, { ref: past, shape: x.shape })
    const output = this.neurons(neurons, this.add(x, back))
    this.steps.push({ op: 'remember', state, from: output.ref })
    return output
  }

  private attention(layer: SpikeDrivenAttention, x: Signal): Signal {
    const spikes = this.layer(layer.shortcut, x)
    const [q, k, v] = (['q', 'k', 'v'] as const).map((branch) => {
      return this.layer(layer.neurons[branch], this.layer(layer.convolutions[branch], spikes))
    })
    const spreading = (signal: Signal): Signal => {
      return layer.spread ? this.slidingPool('max', { kernelSize: 3, stride: 1, padding: 1 }, signal) : signal
    }
    const together = spreading(this.multiply(spreading(k), spreading(v)))
    const [height, width, channels] = together.shape
    const mean = this.slidingPool('average', { kernelSize: [height, width] }, together)
    const count = new Float64Array(channels).fill(height * width)
    const chosen = this.layer(layer.chooser, this.affine(mean, count, new Float64Array(channels)))
    const masked = spreading(this.multiply(q, chosen))
    return this.layer(layer.norm, this.layer(layer.projection, masked))
  }

  private add(a: Signal, b: Signal): Signal {
    const to = this.value(a.shape, 'dense')
    this.steps.push({ op: 'add', from: [a.ref, b.ref], to })
    return { ref: to, shape: a.shape }
  }

  private multiply(a: Signal, b: Signal): Signal {
    const binary = [a, b].every(({ ref }) => this.values[ref].kind === 'spikes')
    const [first, second] = binary ? [a, b] : [this.dense(a), this.dense(b)]
    const to = this.value(a.shape, binary ? 'spikes' : 'dense')
    this.steps.push({ op: 'multiply', from: [first.ref, second.ref], to })
    return { ref: to, shape: a.shape }
  }

  /** Spikes as numbers, for what does not read lists. */
  private dense(x: Signal): Signal {
    if (this.values[x.ref].kind === 'dense') return x
    const to = this.value(x.shape, 'dense')
    this.steps.push({ op: 'dense', from: x.ref, to })
    return { ref: to, shape: x.shape }
  }
}

/** Noise is for training: a program of steps runs as an evaluation does, without. */
function withoutNoise(neuron: Neuron): Neuron {
  const { program } = neuron
  const instructions = program.instructions.map((one) =>
    one.op === 'noise' ? ({ op: 'constant', args: [], value: 0 } as const) : one,
  )
  return { ...neuron, program: { ...program, instructions } }
}
