import {
  AvgPool2d,
  Conv2d,
  Dropout,
  type Layer,
  Linear,
  MaxPool2d,
  Network,
  Residual,
  Sequential,
} from '../nn/index.ts'
import { link, NamedSequence } from './named-sequence.ts'
import { checkImage, type ModelOptions, normAndNeuron, optionsConfig } from './options.ts'
import { SpikingSelfAttention } from './spiking-attention.ts'

export interface SpikformerSize {
  readonly depth: number
  /** Channels of every place, a multiple of 8 and of the heads. */
  readonly channels: number
  readonly heads: number
}

/** Two 1x1 convolutions with neurons behind each, the first four times as wide; their spikes are added to what came in. */
export function spikingMlp(options: ModelOptions, channels: number): Layer {
  return new Residual(
    new NamedSequence('spikingMlp', [
      link('fc1', new Conv2d({ channels: 4 * channels, kernelSize: 1 })),
      link(['bn1', 'sn1'], normAndNeuron(options)),
      link('fc2', new Conv2d({ channels, kernelSize: 1 })),
      link(['bn2', 'sn2'], normAndNeuron(options)),
    ]),
  )
}

/** As often as it takes to come to 8 places each way for 32 pixels, 14 for 224. */
export function halvingsFor([height, width]: readonly number[]): number {
  return Math.min(4, Math.max(0, Math.round(Math.log2(Math.min(height, width) / 8))))
}

/** Four 3x3 convolutions with neurons, the last ones followed by pools, and one more whose spikes tell places apart. */
function patchSplitting(options: ModelOptions, channels: number, halvings: number): Layer {
  const convolution = (width: number) => new Conv2d({ channels: width, kernelSize: 3, padding: 1, bias: false })
  const stages = [8, 4, 2, 1].flatMap((share, i) => [
    link(`conv${i + 1}`, convolution(channels / share)),
    link([`bn${i + 1}`, `sn${i + 1}`], normAndNeuron(options)),
    ...(i < 4 - halvings ? [] : [link(`pool${i + 1}`, new MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 }))]),
  ])
  const places = new NamedSequence('placeEncoding', [
    link('conv5', convolution(channels)),
    link(['bn5', 'sn5'], normAndNeuron(options)),
  ])
  return new NamedSequence('patchSplitting', [...stages, link('places', new Residual(places))])
}

/**
 * Spikformer: spiking patch splitting, blocks of spiking self-attention and two linear layers whose spikes are added to what came
 * in, the mean over all places, and a linear layer at every step.
 * @see Zhou et al., Spikformer: When spiking neural network meets transformer, ICLR 2023
 */
export function spikformer(name: string, size: SpikformerSize, options: ModelOptions): Network {
  checkImage(name, options.input, 8)
  const { depth, channels, heads } = size
  const blocks = Array.from(
    { length: depth },
    () =>
      new NamedSequence('block', [
        link('attn', new Residual(new SpikingSelfAttention(options, { channels, heads, bias: true }))),
        link('mlp', spikingMlp(options, channels)),
      ]),
  )
  const halvings = halvingsFor(options.input)
  const places = [options.input[0], options.input[1]].map((pixels) => halved(pixels, halvings)) as [number, number]
  return new Network({
    name,
    input: options.input,
    layer: new NamedSequence('spikformer', [
      link('patch_embed', patchSplitting(options, channels, halvings)),
      link('block', new Sequential(blocks)),
      link('pool', new AvgPool2d({ kernelSize: places })),
      ...(options.dropout ? [link('dropout', new Dropout({ p: options.dropout }))] : []),
      link('head', new Linear({ features: options.classes })),
    ]),
    seed: options.seed ?? 1,
    rebuild: { model: name, options: optionsConfig(options) },
  })
}

/** Pixels left of a side after so many pools of stride 2. */
export function halved(pixels: number, times: number): number {
  return times === 0 ? pixels : halved(Math.floor((pixels - 1) / 2) + 1, times - 1)
}
