import { AdaptiveAvgPool2d, AvgPool2d, Conv2d, Dropout, type Layer, Linear, Network, Sequential } from '../nn/index.ts'
import { link, NamedSequence } from './named-sequence.ts'
import { checkImage, type ModelOptions, normAndNeuron, optionsConfig } from './options.ts'

/** Convolutions in each of the five stages of 64, 128, 256, 512 and 512 channels. */
const depths = {
  11: [1, 1, 2, 2, 2],
  13: [2, 2, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
} as const

export type VggDepth = keyof typeof depths

/** 3x3 convolution, BatchNorm, neurons, dropout. */
function unit(channels: number, options: ModelOptions): Layer[] {
  const layers = [new Conv2d({ channels, kernelSize: 3, padding: 1 }), normAndNeuron(options)]
  return options.dropout ? [...layers, new Dropout({ p: options.dropout })] : layers
}

/**
 * VGG with BatchNorm: a 2x2 average pool after each stage, an adaptive pool to 7x7, one linear layer at every step.
 * @see Huang et al. 2024
 */
export function spikingVgg(depth: VggDepth, options: ModelOptions): Network {
  const name = `vgg${depth}`
  checkImage(name, options.input, 32)
  const layers = depths[depth].flatMap((count, stage) => [
    ...Array.from({ length: count }, () => unit(Math.min(512, 64 * 2 ** stage), options)).flat(),
    new AvgPool2d({ kernelSize: 2 }),
  ])
  return network(name, options, layers, [link('pool', new AdaptiveAvgPool2d({ size: 7 }))])
}

/**
 * The network of DVS-CIFAR10: 64-128-AP-256-256-AP-512-512-AP-512-512-AP-linear.
 * @see Huang et al. 2024, Table 2
 */
export function vggsnn(options: ModelOptions): Network {
  checkImage('vggsnn', options.input, 16)
  const stages = [
    [64, 128],
    [256, 256],
    [512, 512],
    [512, 512],
  ]
  const layers = stages.flatMap((stage) => [
    ...stage.flatMap((channels) => unit(channels, options)),
    new AvgPool2d({ kernelSize: 2 }),
  ])
  return network('vggsnn', options, layers, [])
}

function network(
  name: string,
  options: ModelOptions,
  [stem, ...rest]: readonly Layer[],
  end: readonly ReturnType<typeof link>[],
): Network {
  return new Network({
    name,
    input: options.input,
    layer: new NamedSequence('vgg', [
      link('stem', stem),
      link('rest', new Sequential(rest)),
      ...end,
      link('fc', new Linear({ features: options.classes })),
    ]),
    seed: options.seed ?? 1,
    rebuild: { model: name, options: optionsConfig(options) },
  })
}
