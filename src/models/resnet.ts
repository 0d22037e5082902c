import {
  AvgPool2d,
  Conv2d,
  Dropout,
  type Flow,
  type Frame,
  Layer,
  type LayerConfig,
  Linear,
  Network,
  type Run,
  released,
  residualRow,
  Sequential,
  type Site,
} from '../nn/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { link, NamedSequence } from './named-sequence.ts'
import { checkImage, type ModelOptions, normAndNeuron, optionsConfig } from './options.ts'

/** Blocks in each stage, channels of the first, and whether the blocks are bottlenecks. */
interface Depth {
  readonly blocks: readonly number[]
  readonly channels: number
  readonly bottleneck: boolean
}

/** Three stages of as many blocks each: the networks for images of 32x32 in He et al. 2016. */
const small = (blocks: number): Depth => ({ blocks: [blocks, blocks, blocks], channels: 16, bottleneck: false })

const depths = {
  20: small(3),
  32: small(5),
  44: small(7),
  56: small(9),
  18: { blocks: [2, 2, 2, 2], channels: 64, bottleneck: false },
  34: { blocks: [3, 4, 6, 3], channels: 64, bottleneck: false },
  50: { blocks: [3, 4, 6, 3], channels: 64, bottleneck: true },
  101: { blocks: [3, 4, 23, 3], channels: 64, bottleneck: true },
  152: { blocks: [3, 8, 36, 3], channels: 64, bottleneck: true },
} satisfies { readonly [depth: number]: Depth }

export type ResnetDepth = keyof typeof depths

interface BlockOptions {
  readonly channels: number
  readonly stride: number
  readonly bottleneck: boolean
}

/**
 * A pre-activation block: neurons first, then the convolutions with neurons between them; the shortcut starts after
 * the first neurons, and the last convolution adds it.
 */
class PreActivationBlock extends Layer {
  readonly type = 'preActivationBlock'
  private readonly options: ModelOptions
  private readonly block: BlockOptions
  private readonly convolutions: Conv2d[]
  private readonly neurons: Layer[]
  private readonly dropout: Dropout | null
  private shortcut: Conv2d | null = null

  constructor(options: ModelOptions, block: BlockOptions) {
    super()
    this.options = options
    this.block = block
    this.convolutions = convolutionsOf(block)
    this.neurons = this.convolutions.map(() => normAndNeuron(options))
    this.dropout = options.dropout ? new Dropout({ p: options.dropout }) : null
  }

  build(input: Frame, site: Site): Frame {
    const first = site.build(['bn1', 'sn1'], this.neurons[0], input)
    let frame = first
    this.convolutions.forEach((convolution, i) => {
      if (i > 0) frame = site.build([`bn${i + 1}`, `sn${i + 1}`], this.neurons[i], frame)
      if (this.dropout && i === this.convolutions.length - 1) frame = site.build('dropout', this.dropout, frame)
      frame = site.build(`conv${i + 1}`, convolution, frame)
    })
    const { stride } = this.block
    const channels = frame.shape[2]
    if (stride !== 1 || first.shape[2] !== channels) {
      this.shortcut = new Conv2d({ channels, kernelSize: 1, stride })
      site.build('shortcut', this.shortcut, first)
    } else site.row(residualRow(first, frame, false))
    return frame
  }

  forward(x: Tensor, run: Run): Tensor {
    const spikes = this.neurons[0].call(x, run)
    const past = this.shortcut?.call(spikes, run) ?? spikes
    let value = spikes
    const last = this.convolutions.length - 1
    const then = (next: Tensor) => {
      released(run, value, [spikes, next])
      value = next
    }
    this.convolutions.forEach((convolution, i) => {
      if (i > 0) then(this.neurons[i].call(value, run))
      if (this.dropout && i === last) then(this.dropout.call(value, run))
      then(i === last ? convolution.withResidual(value, past, run) : convolution.call(value, run))
    })
    released(run, past, [spikes])
    released(run, spikes, [])
    return value
  }

  override follow<Value>(x: Value, flow: Flow<Value>): Value {
    const spikes = flow.apply(this.neurons[0], x)
    const last = this.convolutions.length - 1
    const body = this.convolutions.reduce((value, convolution, i) => {
      const spiked = i > 0 ? flow.apply(this.neurons[i], value) : value
      const kept = this.dropout && i === last ? flow.apply(this.dropout, spiked) : spiked
      return flow.apply(convolution, kept)
    }, spikes)
    return flow.add(body, this.shortcut ? flow.apply(this.shortcut, spikes) : spikes)
  }

  config(): LayerConfig {
    return { type: this.type, ...this.block, dropout: this.options.dropout ?? 0 }
  }
}

function convolutionsOf({ channels, stride, bottleneck }: BlockOptions): Conv2d[] {
  if (!bottleneck) {
    return [
      new Conv2d({ channels, kernelSize: 3, stride, padding: 1 }),
      new Conv2d({ channels, kernelSize: 3, padding: 1 }),
    ]
  }
  return [
    new Conv2d({ channels, kernelSize: 1 }),
    new Conv2d({ channels, kernelSize: 3, stride, padding: 1 }),
    new Conv2d({ channels: 4 * channels, kernelSize: 1 }),
  ]
}

/**
 * Pre-activation ResNet: a bare 3x3 stem, four stages of 64 to 512 channels, or three of 16 to 64 (20, 32, 44 and 56
 * layers), then BatchNorm, neurons, a pool over the whole image (4x4 or 8x8 where images are 32x32), and a linear layer
 * at every step.
 * @see Huang et al. 2024; the published code takes 32x32 images only
 * @see He, Zhang, Ren and Sun, Deep residual learning for image recognition, CVPR 2016, section 4.2: the small ones,
 * here with neurons in the places of the ones above
 */
export function spikingResnet(depth: ResnetDepth, options: ModelOptions): Network {
  const name = `resnet${depth}`
  checkImage(name, options.input, 8)
  const { blocks, channels, bottleneck } = depths[depth]
  const body = blocks.flatMap((count, stage) =>
    Array.from({ length: count }, (_, i) => {
      const stride = stage > 0 && i === 0 ? 2 : 1
      return new PreActivationBlock(options, { channels: channels * 2 ** stage, stride, bottleneck })
    }),
  )
  const last = [options.input[0], options.input[1]].map((size) => Math.ceil(size / 2 ** (blocks.length - 1))) as [
    number,
    number,
  ]
  return new Network({
    name,
    input: options.input,
    layer: new NamedSequence('resnet', [
      link('stem', new Conv2d({ channels, kernelSize: 3, padding: 1, bias: false })),
      link('blocks', new Sequential(body)),
      link(['bn', 'sn'], normAndNeuron(options)),
      link('pool', new AvgPool2d({ kernelSize: last })),
      ...(options.dropout ? [link('dropout', new Dropout({ p: options.dropout }))] : []),
      link('fc', new Linear({ features: options.classes })),
    ]),
    seed: options.seed ?? 1,
    rebuild: { model: name, options: optionsConfig(options) },
  })
}
