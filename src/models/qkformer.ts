import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  type Layer,
  Linear,
  MaxPool2d,
  Network,
  Residual,
  Sequential,
  Spiking,
} from '../nn/index.ts'
import { type Link, link, NamedSequence } from './named-sequence.ts'
import { checkImage, type ModelOptions, normAndNeuron, optionsConfig } from './options.ts'
import { halved, spikingMlp } from './spikformer.ts'
import { SpikingSelfAttention } from './spiking-attention.ts'
import { TokenAttention } from './token-attention.ts'

export interface QkformerSize {
  /** Blocks of the three stages. */
  readonly depths: readonly [number, number, number]
  /** Channels of the last stage; the others have a quarter and half of it. */
  readonly channels: number
  readonly heads: number
}

const three = (channels: number) => new Conv2d({ channels, kernelSize: 3, padding: 1, bias: false })

const shortcut = (options: ModelOptions, channels: number, stride: number) =>
  new NamedSequence('shortcut', [
    link('conv', new Conv2d({ channels, kernelSize: 1, stride, bias: false })),
    link(['bn', 'sn'], normAndNeuron(options)),
  ])

/** The first places: a convolution, and one more beside a 1x1 convolution; the spikes of both are added. */
function firstPatches(options: ModelOptions, channels: number): Link[] {
  const body = new NamedSequence('patches', [
    link('proj1_conv', three(channels)),
    link(['proj1_bn', 'proj1_sn'], normAndNeuron(options)),
  ])
  return [
    link('proj_conv', three(channels / 2)),
    link(['proj_bn', 'proj_sn'], normAndNeuron(options)),
    link('patch_embed1', new Residual(body, shortcut(options, channels, 1))),
  ]
}

/** Half as many places with twice the channels: two convolutions and a pool beside a strided 1x1 convolution. */
function fewerPatches(options: ModelOptions, channels: number): Layer {
  const { neuron, normalisation = 'perStep', T } = options
  const body = new NamedSequence('patches', [
    link('proj3_conv', three(channels)),
    link(['proj3_bn', 'proj3_sn'], normAndNeuron(options)),
    link('proj4_conv', three(channels)),
    link('proj4_bn', new BatchNorm2d({ statistics: normalisation })),
    link('proj4_pool', new MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 })),
    link('proj4_sn', new Spiking({ neuron, ...(T === undefined ? {} : { T }) })),
  ])
  return new Residual(body, shortcut(options, channels, 2))
}

/** Attention and two linear layers, the spikes of both added to what came in. */
function block(options: ModelOptions, channels: number, attention: Layer): Layer {
  return new NamedSequence('block', [link('attn', new Residual(attention)), link('mlp', spikingMlp(options, channels))])
}

/**
 * QKFormer for small images: three stages of fewer places and more channels, the first two with Q-K token attention, the last
 * with spiking self-attention; then the mean over all places and a linear layer at every step.
 * @see Zhou et al., QKFormer: Hierarchical spiking transformer using Q-K attention, NeurIPS 2024
 */
export function qkformer(name: string, size: QkformerSize, options: ModelOptions): Network {
  checkImage(name, options.input, 8)
  const { depths, channels, heads } = size
  const stage = (count: number, width: number, self: boolean) =>
    new Sequential(
      Array.from({ length: count }, () =>
        block(
          options,
          width,
          self
            ? new SpikingSelfAttention(options, { channels: width, heads, bias: false })
            : new TokenAttention(options, { channels: width, heads }),
        ),
      ),
    )
  const places = [options.input[0], options.input[1]].map((pixels) => halved(pixels, 2)) as [number, number]
  return new Network({
    name,
    input: options.input,
    layer: new NamedSequence('qkformer', [
      ...firstPatches(options, channels / 4),
      link('stage1', stage(depths[0], channels / 4, false)),
      link('patch_embed2', fewerPatches(options, channels / 2)),
      link('stage2', stage(depths[1], channels / 2, false)),
      link('patch_embed3', fewerPatches(options, channels)),
      link('stage3', stage(depths[2], channels, true)),
      link('pool', new AvgPool2d({ kernelSize: places })),
      ...(options.dropout ? [link('dropout', new Dropout({ p: options.dropout }))] : []),
      link('head', new Linear({ features: options.classes })),
    ]),
    seed: options.seed ?? 1,
    rebuild: { model: name, options: optionsConfig(options) },
  })
}
