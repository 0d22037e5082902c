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
import { link, NamedSequence } from './named-sequence.ts'
import { checkImage, type ModelOptions, normAndNeuron, optionsConfig } from './options.ts'
import { SpikeDrivenAttention } from './transformer-attention.ts'

export interface TransformerSize {
  /** Blocks of attention and of two linear layers. */
  readonly depth: number
  /** Channels of every place, a multiple of 8. */
  readonly channels: number
  /** Spikes of attention spread to their 3x3 neighbours, as published for events. Default false. */
  readonly spread?: boolean
}

function plainNeurons({ neuron, T }: ModelOptions): Spiking {
  return new Spiking({ neuron, ...(T === undefined ? {} : { T }) })
}

function norm({ normalisation = 'perStep' }: ModelOptions): BatchNorm2d {
  return new BatchNorm2d({ statistics: normalisation })
}

/** Four 3x3 convolutions with neurons between them, some of which halve the image; potentials come out. */
function patchSplitting(options: ModelOptions, channels: number): Layer {
  const halvings = halvingsFor(options.input)
  const halve = (i: number) =>
    i < 4 - halvings ? [] : [link(`pool${i + 1}`, new MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 }))]
  const convolution = (width: number) => new Conv2d({ channels: width, kernelSize: 3, padding: 1, bias: false })
  const stages = [8, 4, 2].flatMap((share, i) => [
    link(`conv${i + 1}`, convolution(channels / share)),
    link([`bn${i + 1}`, `sn${i + 1}`], normAndNeuron(options)),
    ...halve(i),
  ])
  const place = new NamedSequence('placeEncoding', [
    link('sn4', plainNeurons(options)),
    link('conv5', convolution(channels)),
    link('bn5', norm(options)),
  ])
  return new NamedSequence('patchSplitting', [
    ...stages,
    link('conv4', convolution(channels)),
    link('bn4', norm(options)),
    ...halve(3),
    link('places', new Residual(place)),
  ])
}

/** As often as it takes to come near 8 places each way: 2 for 32 pixels, 4 for 128 and more. */
function halvingsFor([height, width]: readonly number[]): number {
  return Math.min(4, Math.max(0, Math.round(Math.log2(Math.min(height, width) / 8))))
}

/** Two 1x1 convolutions, the first four times as wide. */
function twoLayers(options: ModelOptions, channels: number): Layer {
  const body = new NamedSequence('twoLayers', [
    link('sn1', plainNeurons(options)),
    link('conv1', new Conv2d({ channels: 4 * channels, kernelSize: 1 })),
    link(['bn1', 'sn2'], normAndNeuron(options)),
    link('conv2', new Conv2d({ channels, kernelSize: 1 })),
    link('bn2', norm(options)),
  ])
  return new Residual(body)
}

/**
 * The spike-driven transformer: spiking patch splitting, blocks of spike-driven self-attention and two linear layers with
 * membrane shortcuts, the mean over all places, neurons, and a linear layer at every step. All neurons are the same; the
 * published code gives those behind the sum of keys and values half the threshold.
 * @see Yao et al., Spike-driven Transformer, NeurIPS 2023; Huang et al. 2024, Table 2
 */
export function spikeDrivenTransformer(name: string, size: TransformerSize, options: ModelOptions): Network {
  checkImage(name, options.input, 8)
  const { depth, channels, spread = false } = size
  const blocks = Array.from(
    { length: depth },
    () =>
      new NamedSequence('block', [
        link('attention', new Residual(new SpikeDrivenAttention(options, channels, spread))),
        link('mlp', twoLayers(options, channels)),
      ]),
  )
  const halvings = halvingsFor(options.input)
  const places = [options.input[0], options.input[1]].map((pixels) => halved(pixels, halvings)) as [number, number]
  return new Network({
    name,
    input: options.input,
    layer: new NamedSequence('transformer', [
      link('patches', patchSplitting(options, channels)),
      link('blocks', new Sequential(blocks)),
      link('pool', new AvgPool2d({ kernelSize: places })),
      link('sn', plainNeurons(options)),
      ...(options.dropout ? [link('dropout', new Dropout({ p: options.dropout }))] : []),
      link('fc', new Linear({ features: options.classes })),
    ]),
    seed: options.seed ?? 1,
    rebuild: { model: name, options: optionsConfig(options) },
  })
}

function halved(pixels: number, times: number): number {
  return times === 0 ? pixels : halved(Math.floor((pixels - 1) / 2) + 1, times - 1)
}
