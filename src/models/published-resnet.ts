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
import { type Connect, SpikeElementWiseBlock } from './spike-element-wise.ts'

/** Residual networks with the layers, and so the numbers of parameters, of He et al. 2016. */
const depths = {
  18: { blocks: [2, 2, 2, 2], bottleneck: false },
  34: { blocks: [3, 4, 6, 3], bottleneck: false },
  50: { blocks: [3, 4, 6, 3], bottleneck: true },
  101: { blocks: [3, 4, 23, 3], bottleneck: true },
  152: { blocks: [3, 8, 36, 3], bottleneck: true },
} as const

export type PublishedDepth = keyof typeof depths

/** From this size on, images are halved twice in front of the first block, as those of ImageNet are. */
const largeImage = 64

/** What a block gets, and how wide it is inside. */
interface Place {
  readonly input: number
  readonly channels: number
  readonly stride: number
}

/** The convolutions of a block: two of 3x3, or a bottleneck of three. */
function convolutionsOf({ channels, stride }: Place, bottleneck: boolean): Conv2d[] {
  const three = (by: number) => new Conv2d({ channels, kernelSize: 3, stride: by, padding: 1, bias: false })
  const one = (width: number) => new Conv2d({ channels: width, kernelSize: 1, bias: false })
  return bottleneck ? [one(channels), three(stride), one(4 * channels)] : [three(stride), three(1)]
}

/** The convolution of a shortcut; null where the block changes neither size nor channels. */
function shortcutOf({ input, channels, stride }: Place, bottleneck: boolean): Conv2d | null {
  const width = bottleneck ? 4 * channels : channels
  return stride === 1 && input === width ? null : new Conv2d({ channels: width, kernelSize: 1, stride, bias: false })
}

/** The stem, four stages of blocks, and a linear layer behind a pool over all places. */
function stages(
  type: string,
  depth: PublishedDepth,
  options: ModelOptions,
  parts: {
    readonly stem: readonly Link[]
    readonly block: (place: Place, bottleneck: boolean) => Layer
    readonly last: readonly Link[]
  },
): Layer {
  const { blocks, bottleneck } = depths[depth]
  const [height, width] = options.input
  const large = Math.min(height, width) >= largeImage
  const [kernelSize, stride, padding] = large ? [7, 2, 3] : [3, 1, 1]
  let input = 64
  const body = blocks.flatMap((count, stage) =>
    Array.from({ length: count }, (_, i) => {
      const place = { input, channels: 64 * 2 ** stage, stride: stage > 0 && i === 0 ? 2 : 1 }
      input = bottleneck ? 4 * place.channels : place.channels
      return parts.block(place, bottleneck)
    }),
  )
  const halvings = large ? 5 : 3
  const left = [height, width].map((size) => halved(size, halvings)) as [number, number]
  return new NamedSequence(type, [
    link('conv1', new Conv2d({ channels: 64, kernelSize, stride, padding, bias: false })),
    ...parts.stem,
    ...(large ? [link('maxpool', new MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 }))] : []),
    link('blocks', new Sequential(body)),
    ...parts.last,
    link('pool', new AvgPool2d({ kernelSize: left })),
    ...(options.dropout ? [link('dropout', new Dropout({ p: options.dropout }))] : []),
    link('fc', new Linear({ features: options.classes })),
  ])
}

function halved(size: number, times: number): number {
  return times === 0 ? size : halved(Math.ceil(size / 2), times - 1)
}

function plainNeurons({ neuron, T }: ModelOptions): Spiking {
  return new Spiking({ neuron, ...(T === undefined ? {} : { T }) })
}

/**
 * Spike-element-wise ResNet: every convolution has BatchNorm and neurons behind it, and the spikes of a block meet those of its
 * shortcut in a function: `add`, `and` (their product) or `iand` (those of the shortcut where the block is silent).
 * @see Fang et al., Deep residual learning in spiking neural networks, NeurIPS 2021
 */
export function sewResnet(depth: PublishedDepth, options: ModelOptions, connect: Connect = 'add'): Network {
  const name = `sew-resnet${depth}${connect === 'add' ? '' : `-${connect}`}`
  checkImage(name, options.input, 8)
  const block = (place: Place, bottleneck: boolean) =>
    new SpikeElementWiseBlock(options, {
      connect,
      convolutions: convolutionsOf(place, bottleneck),
      shortcut: shortcutOf(place, bottleneck),
    })
  return new Network({
    name,
    input: options.input,
    layer: stages('sewResnet', depth, options, {
      stem: [link(['bn1', 'sn1'], normAndNeuron(options))],
      block,
      last: [],
    }),
    seed: options.seed ?? 1,
    rebuild: { model: name, options: optionsConfig(options) },
  })
}

/**
 * Membrane-shortcut ResNet: neurons stand in front of each convolution and BatchNorm behind it, so that potentials, not spikes,
 * pass from block to block.
 * @see Hu et al., Advancing spiking neural networks toward deep residual learning, IEEE TNNLS 2024
 */
export function msResnet(depth: PublishedDepth, options: ModelOptions): Network {
  const name = `ms-resnet${depth}`
  checkImage(name, options.input, 8)
  const { normalisation = 'perStep' } = options
  const norm = () => new BatchNorm2d({ statistics: normalisation })
  const block = (place: Place, bottleneck: boolean) => {
    const convolutions = convolutionsOf(place, bottleneck)
    const links = convolutions.flatMap((convolution, i) => [
      i === 0 ? link('sn1', plainNeurons(options)) : link([`bn${i}`, `sn${i + 1}`], normAndNeuron(options)),
      link(`conv${i + 1}`, convolution),
    ])
    const body = new NamedSequence('membraneBlock', [...links, link(`bn${convolutions.length}`, norm())])
    const shortcut = shortcutOf(place, bottleneck)
    const past = shortcut && new NamedSequence('shortcut', [link('conv', shortcut), link('bn', norm())])
    return new Residual(body, past)
  }
  return new Network({
    name,
    input: options.input,
    layer: stages('msResnet', depth, options, {
      stem: [link('bn1', norm())],
      block,
      last: [link('sn', plainNeurons(options))],
    }),
    seed: options.seed ?? 1,
    rebuild: { model: name, options: optionsConfig(options) },
  })
}
