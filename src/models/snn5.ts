import { Conv2d, Linear, Network, Sequential } from '../nn/index.ts'
import { link, NamedSequence } from './named-sequence.ts'
import { checkImage, type ModelOptions, normAndNeuron, optionsConfig } from './options.ts'

/** Channels, kernel and stride of the convolutions behind the stem. */
const layers = [
  [64, 5, 2],
  [128, 5, 2],
  [256, 5, 4],
  [256, 3, 2],
] as const

/**
 * The 5-layer network: 16C3 - 64C5s2 - 128C5s2 - 256C5s4 - 256C3s2 - FC, padding 1, BatchNorm and neurons after each
 * convolution.
 * @see Huang et al. 2024, Fig. 2
 */
export function snn5(options: ModelOptions): Network {
  checkImage('snn5', options.input, 15)
  const stem = new Conv2d({ channels: 16, kernelSize: 3, padding: 1 })
  const rest = layers.flatMap(([channels, kernelSize, stride]) => [
    new Conv2d({ channels, kernelSize, stride, padding: 1 }),
    normAndNeuron(options),
  ])
  return new Network({
    name: 'snn5',
    input: options.input,
    layer: new NamedSequence('snn5', [
      link('stem', stem),
      link('rest', new Sequential([normAndNeuron(options), ...rest])),
      link('fc', new Linear({ features: options.classes })),
    ]),
    seed: options.seed ?? 1,
    rebuild: { model: 'snn5', options: optionsConfig(options) },
  })
}
