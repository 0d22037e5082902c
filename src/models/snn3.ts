import { Conv2d, Linear, Network, Sequential } from '../nn/index.ts'
import { link, NamedSequence } from './named-sequence.ts'
import { checkImage, type ModelOptions, normAndNeuron, optionsConfig } from './options.ts'

/** Channels of the three convolutions. */
const channels = [16, 32, 64]

/**
 * A small network for small frames, such as N-MNIST's: 16C3s2 - 32C3s2 - 64C3s2 - FC, padding 1, BatchNorm and neurons
 * after each convolution. Not a published one; the same shape as the peer's in docs/results.md.
 */
export function snn3(options: ModelOptions): Network {
  checkImage('snn3', options.input, 8)
  const convolutions = channels.flatMap((count) => [
    new Conv2d({ channels: count, kernelSize: 3, stride: 2, padding: 1 }),
    normAndNeuron(options),
  ])
  return new Network({
    name: 'snn3',
    input: options.input,
    layer: new NamedSequence('snn3', [
      link('features', new Sequential(convolutions)),
      link('fc', new Linear({ features: options.classes })),
    ]),
    seed: options.seed ?? 1,
    rebuild: { model: 'snn3', options: optionsConfig(options) },
  })
}
