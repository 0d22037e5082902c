import { Json, suggestion, UsageError } from '../base/index.ts'
import { neuronFromJson } from '../neurons/index.ts'
import { frameShapeOf, type Network, type NetworkConfig, networkFromConfig } from '../nn/index.ts'
import { demo } from './demo.ts'
import { dense, recurrent } from './dense.ts'
import { type MetaSpikeformerSize, metaSpikeformer } from './meta-spikeformer.ts'
import type { ModelOptions } from './options.ts'
import { msResnet, type PublishedDepth, sewResnet } from './published-resnet.ts'
import { type QkformerSize, qkformer } from './qkformer.ts'
import { type ResnetDepth, spikingResnet } from './resnet.ts'
import { snn3 } from './snn3.ts'
import { snn5 } from './snn5.ts'
import type { Connect } from './spike-element-wise.ts'
import { type SpikformerSize, spikformer } from './spikformer.ts'
import { spikeDrivenTransformer, type TransformerSize } from './transformer.ts'
import { spikingVgg, type VggDepth, vggsnn } from './vgg.ts'

export type ModelFactory = (options: ModelOptions) => Network

const sew = (depth: PublishedDepth, connect?: Connect) => (options: ModelOptions) => sewResnet(depth, options, connect)
const ms = (depth: PublishedDepth) => (options: ModelOptions) => msResnet(depth, options)
const resnet = (depth: ResnetDepth) => (options: ModelOptions) => spikingResnet(depth, options)
const transformer = (name: string, size: TransformerSize) => (options: ModelOptions) =>
  spikeDrivenTransformer(name, size, options)
const spikformerOf = (name: string, size: SpikformerSize) => (options: ModelOptions) => spikformer(name, size, options)
const qkformerOf = (name: string, size: QkformerSize) => (options: ModelOptions) => qkformer(name, size, options)
/** Blocks and heads of the published sizes. */
const eight = { depths: [6, 2], heads: 8 } as const
const metaOf = (name: string, size: MetaSpikeformerSize) => (options: ModelOptions) =>
  metaSpikeformer(name, size, options)
const vgg = (depth: VggDepth) => (options: ModelOptions) => spikingVgg(depth, options)

/** Networks by the name that configurations and command lines use. */
export const models: { readonly [name: string]: ModelFactory } = {
  dense,
  recurrent,
  demo,
  snn3,
  snn5,
  resnet20: resnet(20),
  resnet32: resnet(32),
  resnet44: resnet(44),
  resnet56: resnet(56),
  resnet18: resnet(18),
  resnet34: resnet(34),
  resnet50: resnet(50),
  resnet101: resnet(101),
  resnet152: resnet(152),
  'sew-resnet18': sew(18),
  'sew-resnet34': sew(34),
  'sew-resnet50': sew(50),
  'sew-resnet101': sew(101),
  'sew-resnet152': sew(152),
  'sew-resnet18-and': sew(18, 'and'),
  'sew-resnet18-iand': sew(18, 'iand'),
  'ms-resnet18': ms(18),
  'ms-resnet34': ms(34),
  vgg11: vgg(11),
  vgg13: vgg(13),
  vgg16: vgg(16),
  vgg19: vgg(19),
  vggsnn,
  transformer: transformer('transformer', { depth: 2, channels: 256, spread: true }),
  'transformer-small': transformer('transformer-small', { depth: 1, channels: 64 }),
  'spikformer-2-384': spikformerOf('spikformer-2-384', { depth: 2, channels: 384, heads: 12 }),
  'spikformer-4-256': spikformerOf('spikformer-4-256', { depth: 4, channels: 256, heads: 8 }),
  'spikformer-4-384': spikformerOf('spikformer-4-384', { depth: 4, channels: 384, heads: 12 }),
  'qkformer-4-384': qkformerOf('qkformer-4-384', { depths: [1, 1, 2], channels: 384, heads: 8 }),
  'meta-spikeformer-8-256': metaOf('meta-spikeformer-8-256', { ...eight, channels: [64, 128, 256, 360] }),
  'meta-spikeformer-8-384': metaOf('meta-spikeformer-8-384', { ...eight, channels: [96, 192, 384, 480] }),
  'meta-spikeformer-8-512': metaOf('meta-spikeformer-8-512', { ...eight, channels: [128, 256, 512, 640] }),
  'meta-spikeformer-small': metaOf('meta-spikeformer-small', { depths: [2, 1], heads: 8, channels: [16, 32, 64, 80] }),
}

/** Models whose hidden layers can be chosen. */
const withHidden: ReadonlySet<string> = new Set(['dense', 'recurrent'])

/** A model that has its layers' sizes in its definition, and says so. */
function fixed(name: string, model: ModelFactory): ModelFactory {
  return (options) => {
    if (options.hidden === undefined) return model(options)
    throw new UsageError({
      what: `model "${name}" has no hidden layers to choose`,
      expected: [...withHidden].join(' or '),
      got: `hidden layers of ${options.hidden.join(', ')}`,
      next: 'Leave the hidden sizes out, or choose one of these models.',
    })
  }
}

/** A model by name. @throws UsageError for an unknown one */
export function modelNamed(name: string): ModelFactory {
  if (Object.hasOwn(models, name)) return withHidden.has(name) ? models[name] : fixed(name, models[name])
  const known = Object.keys(models)
  throw new UsageError({
    what: `unknown model "${name}"`,
    next: suggestion(name, known, { list: true }),
  })
}

/**
 * A network, with start values, from what `network.config` gave: a model of the registry, or layers.
 * @param place how errors call it
 * @throws FormatError, naming the place, for what is no configuration; UsageError or ShapeError for what cannot be built
 */
export function modelFromConfig(config: NetworkConfig, place = 'network'): Network {
  const json = Json.whole(config, place)
  if (!json.at('model').isGiven) return networkFromConfig(config, place)
  json.only('name', 'input', 'seed', 'model', 'options')
  const model = modelNamed(json.at('model').text())
  const options = json.at('options').only('input', 'classes', 'neuron', 'dropout', 'normalisation', 'T', 'hidden')
  const dropout = options.at('dropout').optional((share) => share.number())
  const normalisation = options.at('normalisation').optional((statistics) => statistics.oneOf('perStep', 'merged'))
  const T = options.at('T').optional((steps) => steps.whole(1, 2 ** 20))
  const hidden = options.at('hidden').optional((sizes) => sizes.list().map((size) => size.whole(1, 2 ** 24)))
  if (dropout !== undefined && !(dropout >= 0 && dropout < 1))
    throw options.at('dropout').fault('a share from 0 to below 1')
  return model({
    input: frameShapeOf(options.at('input')),
    classes: options.at('classes').whole(1, 2 ** 24),
    neuron: neuronFromJson(options.at('neuron')),
    seed: json.at('seed').optional((seed) => seed.number()) ?? 0,
    ...(dropout === undefined ? {} : { dropout }),
    ...(normalisation === undefined ? {} : { normalisation }),
    ...(T === undefined ? {} : { T }),
    ...(hidden === undefined ? {} : { hidden }),
  })
}
