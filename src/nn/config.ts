import { Json, suggestion, UsageError } from '../base/index.ts'
import type { TemporalMixing } from '../equations/index.ts'
import { neuronFromJson } from '../neurons/index.ts'
import type { Layer, LayerConfig } from './layer.ts'
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  BatchNormThroughTime2d,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Delay,
  type DelayOptions,
  Dropout,
  Flatten,
  Graph,
  GroupNorm,
  LayerNorm,
  Linear,
  MaxPool2d,
  Population,
  Recurrent,
  Residual,
  Sequential,
  Spiking,
  SynapseFilter,
  TemporalEffectiveBatchNorm2d,
  TemporalLinear,
  ThresholdDependentBatchNorm2d,
  Upsample,
} from './layers/index.ts'
import { Network, type NetworkConfig } from './network.ts'
import type { Pair } from './pair.ts'

/** Sizes beyond these are no network's; they keep products of sizes exact. */
const largest = { channels: 2 ** 24, window: 2 ** 16, T: 2 ** 20, axis: 2 ** 20 } as const
/** Layers of a configuration, those that hold others among them. */
const mostLayers = 10_000

/** How many layers of a configuration were met so far. */
interface Count {
  layers: number
}

/** One number for height and width, or both. */
const pair =
  (least: number) =>
  (json: Json): number | Pair => {
    if (!Array.isArray(json.value)) return json.whole(least, largest.window)
    const sizes = json.list().map((size) => size.whole(least, largest.window))
    if (sizes.length !== 2) throw json.fault('a number, or height and width')
    return [sizes[0], sizes[1]]
  }

/** Options without those that are not given. */
function given<Options extends object>(options: { [name in keyof Options]: Options[name] | undefined }): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options
}

const statistics = (json: Json) => json.oneOf('perStep', 'merged')

const poolOptions = (json: Json) => {
  json.only('type', 'kernelSize', 'stride', 'padding')
  return {
    kernelSize: pair(1)(json.at('kernelSize')),
    ...given({ stride: json.at('stride').optional(pair(1)), padding: json.at('padding').optional(pair(0)) }),
  } as { kernelSize: number | Pair }
}

/** What convolutions of images have in common. */
const windows = (json: Json) => ({
  channels: json.at('channels').whole(1, largest.channels),
  kernelSize: pair(1)(json.at('kernelSize')),
  ...given({
    stride: json.at('stride').optional(pair(1)),
    padding: json.at('padding').optional(pair(0)),
    dilation: json.at('dilation').optional(pair(1)),
    ...shared(json),
  }),
})

const shared = (json: Json) => ({
  groups: json.at('groups').optional((groups) => groups.whole(1, largest.channels)),
  bias: json.at('bias').optional((bias) => bias.flag()),
})

const windowNames = ['type', 'channels', 'kernelSize', 'stride', 'padding', 'dilation', 'groups', 'bias'] as const

function convolution(json: Json): Conv2d {
  json.only(...windowNames)
  return new Conv2d(windows(json) as ConstructorParameters<typeof Conv2d>[0])
}

function convolution1d(json: Json): Conv1d {
  json.only(...windowNames)
  const whole = (least: number) => (size: Json) => size.whole(least, largest.window)
  return new Conv1d({
    channels: json.at('channels').whole(1, largest.channels),
    kernelSize: whole(1)(json.at('kernelSize')),
    ...given({
      stride: json.at('stride').optional(whole(1)),
      padding: json.at('padding').optional(whole(0)),
      dilation: json.at('dilation').optional(whole(1)),
      ...shared(json),
    }),
  } as ConstructorParameters<typeof Conv1d>[0])
}

function convTranspose(json: Json): ConvTranspose2d {
  json.only(...windowNames, 'outputPadding')
  const outputPadding = json.at('outputPadding').optional(pair(0))
  return new ConvTranspose2d({
    ...windows(json),
    ...given({ outputPadding }),
  } as ConstructorParameters<typeof ConvTranspose2d>[0])
}

function synapseFilter(json: Json): SynapseFilter {
  json.only('type', 'tau', 'learned')
  const tau = json.at('tau').optional((value) => value.number())
  const learned = json.at('learned').optional((value) => value.flag())
  return new SynapseFilter(given({ tau, learned }))
}

function delay(json: Json): Delay {
  json.only('type', 'most', 'start', 'learned')
  const start = json.at('start').optional((value) => {
    if (Array.isArray(value.value)) return value.list().map((one) => one.number())
    return typeof value.value === 'string' ? value.text() : value.number()
  })
  const learned = json.at('learned').optional((value) => value.flag())
  return new Delay({ most: json.at('most').whole(1, 32), ...given({ start, learned }) } as DelayOptions)
}

function linear(json: Json): Linear {
  json.only('type', 'features', 'bias')
  const bias = json.at('bias').optional((value) => value.flag())
  const features = json.at('features').whole(1, largest.channels)
  return new Linear(bias === undefined ? { features } : { features, bias })
}

function spiking(json: Json): Spiking {
  json.only('type', 'neuron', 'normalisation', 'T')
  const normalisation = json.at('normalisation')
  const T = json.at('T').optional((steps) => steps.whole(1, largest.T))
  return new Spiking({
    neuron: neuronFromJson(json.at('neuron')),
    normalisation: (normalisation.value ?? null) === null ? null : statistics(normalisation),
    ...(T === undefined ? {} : { T }),
  })
}

function mixingOf(json: Json): TemporalMixing {
  const kind = json.only('kind', 'k').at('kind').oneOf('full', 'masked', 'sliding')
  return kind === 'full' ? { kind } : { kind, k: json.at('k').whole(1, largest.T) }
}

function graph(json: Json, count: Count): Graph {
  json.only('type', 'nodes', 'output')
  const nodes = json
    .at('nodes')
    .list()
    .map((node) => {
      node.only('name', 'from', 'layer')
      const from = node
        .at('from')
        .list()
        .map((source) => source.text())
      return { name: node.at('name').text(), from, layer: layerOf(node.at('layer'), count) }
    })
  return new Graph(nodes, json.at('output').text())
}

function recurrent(json: Json, count: Count): Recurrent {
  json.only('type', 'neurons', 'feedback')
  const [neurons, feedback] = [layerOf(json.at('neurons'), count), layerOf(json.at('feedback'), count)]
  if (!(neurons instanceof Spiking)) throw json.at('neurons').fault('a layer of the type spiking')
  if (feedback instanceof Linear || feedback instanceof Conv2d) return new Recurrent(neurons, feedback)
  throw json.at('feedback').fault('a layer of the type linear or conv2d')
}

function residual(json: Json, count: Count): Residual {
  const { value: past } = json.only('type', 'body', 'shortcut').at('shortcut')
  const shortcut = (past ?? null) === null ? null : layerOf(json.at('shortcut'), count)
  return new Residual(layerOf(json.at('body'), count), shortcut)
}

/** How each type of layer is built from its configuration. */
const builders: { readonly [type: string]: (json: Json, count: Count) => Layer } = {
  conv2d: convolution,
  conv1d: convolution1d,
  convTranspose2d: convTranspose,
  synapseFilter,
  linear,
  spiking,
  temporalLinear: (json) => {
    json.only('type', 'mixing', 'T')
    return new TemporalLinear({ mixing: mixingOf(json.at('mixing')), T: json.at('T').whole(1, largest.T) })
  },
  batchNorm2d: (json) =>
    new BatchNorm2d(given({ statistics: json.only('type', 'statistics').at('statistics').optional(statistics) })),
  thresholdDependentBatchNorm2d: (json) => {
    json.only('type', 'threshold', 'alpha')
    const number = (name: string) => json.at(name).optional((value) => value.number())
    return new ThresholdDependentBatchNorm2d(given({ threshold: number('threshold'), alpha: number('alpha') }))
  },
  temporalEffectiveBatchNorm2d: (json) =>
    new TemporalEffectiveBatchNorm2d({ T: json.only('type', 'T').at('T').whole(1, largest.T) }),
  batchNormThroughTime2d: (json) => {
    json.only('type', 'T', 'bias')
    const bias = json.at('bias').optional((value) => value.flag())
    return new BatchNormThroughTime2d({ T: json.at('T').whole(1, largest.T), ...given({ bias }) })
  },
  layerNorm: (json) => {
    const over = json.only('type', 'over').at('over')
    return new LayerNorm(given({ over: over.optional((value) => value.oneOf('channels', 'frame')) }))
  },
  avgPool2d: (json) => new AvgPool2d(poolOptions(json)),
  maxPool2d: (json) => new MaxPool2d(poolOptions(json)),
  adaptiveAvgPool2d: (json) => new AdaptiveAvgPool2d({ size: pair(1)(json.only('type', 'size').at('size')) }),
  dropout: (json) => {
    const p = json.only('type', 'p').at('p')
    if (p.number() >= 0 && p.number() < 1) return new Dropout({ p: p.number() })
    throw p.fault('a share from 0 to below 1')
  },
  delay,
  groupNorm: (json) => new GroupNorm({ groups: json.only('type', 'groups').at('groups').whole(1, largest.channels) }),
  upsample: (json) => new Upsample({ factor: pair(1)(json.only('type', 'factor').at('factor')) }),
  population: (json) => new Population({ size: json.only('type', 'size').at('size').whole(1, largest.channels) }),
  flatten: (json) => {
    json.only('type')
    return new Flatten()
  },
  sequential: (json, count) =>
    new Sequential(
      json
        .only('type', 'layers')
        .at('layers')
        .list()
        .map((layer) => layerOf(layer, count)),
    ),
  graph,
  residual,
  recurrent,
}

function layerOf(json: Json, count: Count): Layer {
  const type = json.at('type').text()
  const known = Object.keys(builders)
  count.layers++
  if (count.layers > mostLayers) throw json.fault(`at most ${mostLayers} layers`)
  if (Object.hasOwn(builders, type)) return builders[type](json, count)
  throw new UsageError({
    what: `unknown layer type "${type.slice(0, 80)}"`,
    place: json.place,
    next: suggestion(type, known, { list: true }),
  })
}

/**
 * A layer from what `layer.config()` gave, or from JSON that shall be that.
 * @param place how errors call it
 * @throws FormatError, naming the place, for what is no configuration; UsageError for an unknown type
 */
export function layerFromConfig(config: LayerConfig, place = 'layer'): Layer {
  return layerOf(Json.whole(config, place), { layers: 0 })
}

/** A frame's shape, [H, W, C] or [C]. */
export function frameShapeOf(json: Json): readonly number[] {
  const shape = json.list().map((size) => size.whole(1, largest.axis))
  if (shape.length === 1 || shape.length === 3) return shape
  throw json.fault('[height, width, channels], or [channels]')
}

/**
 * A network of layers from its configuration; one of a named model is built by the models' registry.
 * @param place how errors call it
 * @throws FormatError, naming the place, for what is no configuration; UsageError or ShapeError for layers that cannot be
 */
export function networkFromConfig(config: NetworkConfig, place = 'network'): Network {
  const json = Json.whole(config, place)
  const name = json.at('name').optional((text) => text.text()) ?? 'network'
  if (!json.at('layer').isGiven) {
    throw new UsageError({
      what: `network "${name}" names the model "${String(config.model)}" instead of layers`,
      next: 'Build it with modelFromConfig.',
    })
  }
  json.only('name', 'input', 'seed', 'layer')
  const layer = layerOf(json.at('layer'), { layers: 0 })
  return new Network({
    name,
    input: frameShapeOf(json.at('input')),
    seed: json.at('seed').optional((seed) => seed.number()) ?? 0,
    layer,
  })
}
