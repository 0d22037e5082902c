import { nearestName, UsageError } from '../base/index.ts'
import type { NeuronConfig } from '../equations/index.ts'
import { neuronFromConfig } from '../neurons/index.ts'
import type { Layer, LayerConfig } from './layer.ts'
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  Graph,
  type GraphLayer,
  Linear,
  MaxPool2d,
  Recurrent,
  Residual,
  Sequential,
  Spiking,
  TemporalLinear,
} from './layers/index.ts'
import { Network, type NetworkConfig } from './network.ts'

/** How each type of layer is built from its configuration. Options are the layer's own, checked when it is built. */
const builders: { readonly [type: string]: (config: LayerConfig) => Layer } = {
  conv2d: (config) => new Conv2d(optionsOf(config)),
  linear: (config) => new Linear(optionsOf(config)),
  spiking: (config) => spikingOf(config),
  temporalLinear: (config) => new TemporalLinear(optionsOf(config)),
  batchNorm2d: (config) => new BatchNorm2d(optionsOf(config)),
  avgPool2d: (config) => new AvgPool2d(optionsOf(config)),
  maxPool2d: (config) => new MaxPool2d(optionsOf(config)),
  adaptiveAvgPool2d: (config) => new AdaptiveAvgPool2d(optionsOf(config)),
  dropout: (config) => new Dropout(optionsOf(config)),
  flatten: () => new Flatten(),
  sequential: ({ layers }) => new Sequential((layers as LayerConfig[]).map(layerFromConfig)),
  graph: ({ nodes, output }) =>
    new Graph(
      (nodes as (Omit<GraphLayer, 'layer'> & { layer: LayerConfig })[]).map((node) => ({
        ...node,
        layer: layerFromConfig(node.layer),
      })),
      output as string,
    ),
  residual: ({ body, shortcut }) =>
    new Residual(layerFromConfig(body as LayerConfig), shortcut ? layerFromConfig(shortcut as LayerConfig) : null),
  recurrent: ({ neurons, feedback }) =>
    new Recurrent(spikingOf(neurons as LayerConfig), layerFromConfig(feedback as LayerConfig) as Linear | Conv2d),
}

function optionsOf<Options>({ type: _, ...options }: LayerConfig): Options {
  return options as Options
}

function spikingOf({ neuron, normalisation, T }: LayerConfig): Spiking {
  return new Spiking({
    neuron: neuronFromConfig(neuron as NeuronConfig),
    normalisation: normalisation as 'perStep' | 'merged' | null,
    ...(T === undefined ? {} : { T: T as number }),
  })
}

/** A layer from what `layer.config()` gave. @throws UsageError for an unknown type */
export function layerFromConfig(config: LayerConfig): Layer {
  const known = Object.keys(builders)
  if (Object.hasOwn(builders, config.type)) return builders[config.type](config)
  const near = nearestName(String(config.type), known)
  throw new UsageError({
    what: `unknown layer type "${config.type}"`,
    next: `${near === undefined ? '' : `Did you mean "${near}"? `}Known: ${known.join(', ')}.`,
  })
}

/** A network of layers from its configuration; one of a named model is built by the models' registry. */
export function networkFromConfig(config: NetworkConfig): Network {
  if (!config.layer) {
    throw new UsageError({
      what: `network "${config.name}" names the model "${config.model}" instead of layers`,
      next: 'Build it with modelFromConfig.',
    })
  }
  const { name, input, seed, layer } = config
  return new Network({ name, input, seed, layer: layerFromConfig(layer) })
}
