import { Conv2d, Linear, Network, Sequential } from '../nn/index.ts'
import { link, NamedSequence } from './named-sequence.ts'
import { checkImage, type ModelOptions, normAndNeuron, optionsConfig } from './options.ts'

/** Channels and stride of the convolutions, each 3x3 with BatchNorm and neurons behind it. */
const convolutions = [
  [32, 2],
  [64, 2],
  [64, 1],
  [64, 2],
] as const

/** What `spikelet demo` trains: small enough for a minute, deep enough that neurons matter. */
export function demo(options: ModelOptions): Network {
  checkImage('demo', options.input, 8)
  const features = convolutions.flatMap(([channels, stride]) => [
    new Conv2d({ channels, kernelSize: 3, stride, padding: 1, bias: false }),
    normAndNeuron(options),
  ])
  return new Network({
    name: 'demo',
    input: options.input,
    layer: new NamedSequence('demo', [
      link('features', new Sequential(features)),
      link('fc', new Linear({ features: options.classes })),
    ]),
    seed: options.seed ?? 1,
    rebuild: { model: 'demo', options: optionsConfig(options) },
  })
}
