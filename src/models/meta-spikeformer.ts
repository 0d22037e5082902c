import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  type Conv2dLayerOptions,
  Dropout,
  type Layer,
  Linear,
  Network,
  Residual,
  Sequential,
  Spiking,
} from '../nn/index.ts'
import { type Link, link, NamedSequence } from './named-sequence.ts'
import { checkImage, type ModelOptions, normAndNeuron, optionsConfig } from './options.ts'
import { halved, halvingsFor } from './spikformer.ts'
import { SpikingSelfAttention } from './spiking-attention.ts'

export interface MetaSpikeformerSize {
  /** Channels of the four stages; the first begins with half of its own. The last two are multiples of the heads. */
  readonly channels: readonly [number, number, number, number]
  /** Blocks of attention in the last two stages. */
  readonly depths: readonly [number, number]
  readonly heads: number
}

const conv = (channels: number, kernelSize: number, options: Partial<Conv2dLayerOptions> = {}) =>
  new Conv2d({ channels, kernelSize, padding: (kernelSize - 1) / 2, bias: false, ...options })

const norm = ({ normalisation = 'perStep' }: ModelOptions) => new BatchNorm2d({ statistics: normalisation })

const neurons = ({ neuron, T }: ModelOptions) => new Spiking({ neuron, ...(T === undefined ? {} : { T }) })

/** A convolution whose stride halves the image or not; neurons in front of all but the first. */
function downsampling(options: ModelOptions, channels: number, stride: number, first = false): Layer {
  return new NamedSequence('downsampling', [
    ...(first ? [] : [link('encode_sn', neurons(options))]),
    link('encode_conv', conv(channels, first ? 7 : 3, { stride, bias: true })),
    link('encode_bn', norm(options)),
  ])
}

/** Two membrane shortcuts: a separable convolution of twice the channels, and two 3x3 convolutions of four times. */
function convBlock(options: ModelOptions, channels: number): Layer {
  const separable = new NamedSequence('separable', [
    link('sn1', neurons(options)),
    link('pwconv1', conv(2 * channels, 1)),
    link(['bn1', 'sn2'], normAndNeuron(options)),
    link('dwconv', conv(2 * channels, 7, { groups: 2 * channels })),
    link('pwconv2', conv(channels, 1)),
    link('bn2', norm(options)),
  ])
  const mixing = new NamedSequence('mixing', [
    link('sn1', neurons(options)),
    link('conv1', conv(4 * channels, 3)),
    link(['bn1', 'sn2'], normAndNeuron(options)),
    link('conv2', conv(channels, 3)),
    link('bn2', norm(options)),
  ])
  return new NamedSequence('convBlock', [link('conv', new Residual(separable)), link('mlp', new Residual(mixing))])
}

/**
 * What is one 3x3 convolution after training: 1x1, BatchNorm, depthwise 3x3, 1x1, BatchNorm, BatchNorm. The border is that of
 * the first: zeros in front of BatchNorm, which in evaluation is the published border.
 */
function repConv(options: ModelOptions, name: string, channels: number): Link[] {
  return [
    link(`${name}_conv1`, conv(channels, 1, { padding: 1 })),
    link(`${name}_bn1`, norm(options)),
    link(`${name}_dwconv`, conv(channels, 3, { padding: 0, groups: channels })),
    link(`${name}_conv2`, conv(channels, 1)),
    link(`${name}_bn2`, norm(options)),
  ]
}

/** Self-attention and two linear layers, both with membrane shortcuts. */
function attentionBlock(options: ModelOptions, channels: number, heads: number): Layer {
  const attention = new SpikingSelfAttention(options, {
    channels,
    heads,
    branch: (name) => [
      ...repConv(options, name, channels),
      name === 'proj' ? link('proj_bn', norm(options)) : link([`${name}_bn`, `${name}_sn`], normAndNeuron(options)),
    ],
  })
  const linear = new NamedSequence('linear', [
    link('sn1', neurons(options)),
    link('fc1', conv(4 * channels, 1, { bias: true })),
    link(['bn1', 'sn2'], normAndNeuron(options)),
    link('fc2', conv(channels, 1, { bias: true })),
    link('bn2', norm(options)),
  ])
  const attending = new NamedSequence('attending', [link('head_sn', neurons(options)), link('heads', attention)])
  return new NamedSequence('block', [link('attn', new Residual(attending)), link('mlp', new Residual(linear))])
}

/**
 * Meta-SpikeFormer, the spike-driven transformer v2: four blocks of convolutions and eight of self-attention, all with membrane
 * shortcuts, between convolutions that halve the image; then the mean over all places and a linear layer at every step.
 * Images of less than 128 pixels are halved less often. All neurons are the same, and the sums of attention count twice.
 * @see Yao et al., Spike-driven Transformer V2: Meta spiking neural network architecture, ICLR 2024
 */
export function metaSpikeformer(name: string, size: MetaSpikeformerSize, options: ModelOptions): Network {
  checkImage(name, options.input, 8)
  const { channels, depths, heads } = size
  const halvings = halvingsFor(options.input)
  const stride = (stage: number) => (stage < 4 - halvings ? 1 : 2)
  const down = (stage: number, width: number) => downsampling(options, width, stride(stage), stage === 0)
  const attending = (count: number, width: number) =>
    new Sequential(Array.from({ length: count }, () => attentionBlock(options, width, heads)))
  const places = [options.input[0], options.input[1]].map((pixels) => halved(pixels, halvings)) as [number, number]
  return new Network({
    name,
    input: options.input,
    layer: new NamedSequence('metaSpikeformer', [
      link('downsample1_1', down(0, channels[0] / 2)),
      link('block1_1', convBlock(options, channels[0] / 2)),
      link('downsample1_2', down(1, channels[0])),
      link('block1_2', convBlock(options, channels[0])),
      link('downsample2', down(2, channels[1])),
      link('block2', new Sequential([convBlock(options, channels[1]), convBlock(options, channels[1])])),
      link('downsample3', down(3, channels[2])),
      link('block3', attending(depths[0], channels[2])),
      link('downsample4', downsampling(options, channels[3], 1)),
      link('block4', attending(depths[1], channels[3])),
      link('pool', new AvgPool2d({ kernelSize: places })),
      ...(options.dropout ? [link('dropout', new Dropout({ p: options.dropout }))] : []),
      link('head', new Linear({ features: options.classes })),
    ]),
    seed: options.seed ?? 1,
    rebuild: { model: name, options: optionsConfig(options) },
  })
}
