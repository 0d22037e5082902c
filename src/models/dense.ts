import { UsageError } from '../base/index.ts'
import { BatchNorm2d, Dropout, type Layer, Linear, Network, Recurrent, Sequential, Spiking } from '../nn/index.ts'
import { link, NamedSequence } from './named-sequence.ts'
import { type ModelOptions, normAndNeuron, optionsConfig } from './options.ts'

/** Neurons of the hidden layers, unless they are given. */
const usual = { dense: [128, 128], recurrent: [128] } as const

/**
 * Linear layers, BatchNorm and neurons after each but the last, for frames of any shape: spikes of an ear (1x700), of a few
 * sensors, small images.
 */
export function dense(options: ModelOptions): Network {
  return built('dense', options, (features) => [new Linear({ features }), normAndNeuron(options)])
}

/**
 * As `dense`, with BatchNorm of what comes from below; but the neurons of a layer hear its spikes of the step before through weights of their own, as the networks
 * that the Spiking Heidelberg Digits came with; what lies several steps apart can be told apart so.
 * @throws UsageError for neurons that compute all steps at once
 * @see Cramer et al. 2020
 */
export function recurrent(options: ModelOptions): Network {
  const { neuron, T, normalisation = 'perStep' } = options
  if (neuron.temporal) {
    throw new UsageError({
      what: `neurons '${neuron.name}' compute all steps at once: no spike can come back to them`,
      expected: 'neurons that go step by step, such as lif or clif',
      next: 'Take the model "dense" for them.',
    })
  }
  return built('recurrent', options, (features) => [
    new Linear({ features }),
    new BatchNorm2d({ statistics: normalisation }),
    new Recurrent(
      new Spiking({ neuron, normalisation: null, ...(T === undefined ? {} : { T }) }),
      new Linear({ features, bias: false }),
    ),
  ])
}

function built(
  name: keyof typeof usual,
  options: ModelOptions,
  layersOf: (features: number) => readonly Layer[],
): Network {
  const { hidden = usual[name], dropout = 0 } = options
  if (hidden.length === 0 || !hidden.every((count) => Number.isSafeInteger(count) && count > 0)) {
    throw new UsageError({
      what: `model "${name}" has no such hidden layers`,
      expected: 'how many neurons each has, one layer or more',
      got: `[${hidden.join(', ')}]`,
    })
  }
  const layers = hidden.flatMap((features) => [
    ...layersOf(features),
    ...(dropout > 0 ? [new Dropout({ p: dropout })] : []),
  ])
  return new Network({
    name,
    input: options.input,
    layer: new NamedSequence(name, [
      link('hidden', new Sequential(layers)),
      link('fc', new Linear({ features: options.classes })),
    ]),
    seed: options.seed ?? 1,
    rebuild: { model: name, options: optionsConfig(options) },
  })
}
