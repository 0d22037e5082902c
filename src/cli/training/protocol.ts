import { UsageError } from '../../base/index.ts'
import { flagOf } from '../option-fields.ts'
import type { TrainingOptions } from './options.ts'

type Settings = Partial<TrainingOptions>

/** What all runs of the paper have alike. Its mixed precision is left to `--precision`, which needs a GPU. */
const common: Settings = {
  optimiser: 'sgd',
  momentum: 0.9,
  schedule: 'cosine',
  warmup: 0,
  loss: 'paper',
  labelSmoothing: 0,
  normalisation: 'perStep',
  accumulate: 1,
  validation: 0,
  seed: 2022,
}

const cifar10: Settings = {
  ...common,
  model: 'resnet18',
  T: 6,
  epochs: 200,
  batch: 128,
  lr: 0.1,
  weightDecay: 5e-5,
  dropout: 0,
  augment: ['crop', 'flip', 'cutout'],
}

const events: Settings = { ...common, frames: 'number', frameValues: 'counts', epochs: 300, weightDecay: 5e-4 }

const dvsCifar10: Settings = {
  ...events,
  model: 'vgg11',
  T: 16,
  batch: 128,
  lr: 0.05,
  dropout: 0.3,
  loss: 'paper-one-hot',
  frameSize: '48x48',
  augment: [],
}

/** Settings of the CLIF paper by data set, and by network where they differ. The paper has no Fashion-MNIST. */
const paper: { readonly [dataset: string]: (model: string | undefined) => Settings } = {
  cifar10: () => cifar10,
  cifar100: () => ({ ...cifar10, weightDecay: 5e-4 }),
  'tiny-imagenet': () => ({
    ...common,
    model: 'vgg13',
    T: 6,
    epochs: 300,
    batch: 256,
    lr: 0.1,
    weightDecay: 5e-4,
    dropout: 0,
    augment: ['auto-imagenet', 'flip'],
  }),
  'dvs-cifar10': (model) =>
    model === 'vggsnn' ? { ...dvsCifar10, model, T: 10, augment: ['flip', 'roll-or-rotate'] } : dvsCifar10,
  'dvs-gesture': () => ({ ...events, model: 'vgg11', T: 20, batch: 16, lr: 0.1, dropout: 0.4, augment: [] }),
  'fashion-mnist': () => ({ ...cifar10, model: 'snn5', augment: [] }),
}

/** Of the starred rows of Table 1, as the published code has them: these changes stand in place of crop and cutout. */
const star: Settings = { augment: ['flip', 'trivial', 'erase', 'mixup', 'cutmix'] }

const protocols: { readonly [protocol in 'paper' | 'paper-star']: typeof paper } = {
  paper,
  'paper-star': {
    cifar10: (model) => ({ ...paper.cifar10(model), ...star }),
    cifar100: (model) => ({ ...paper.cifar100(model), ...star }),
  },
}

interface Chosen {
  readonly protocol?: 'paper' | 'paper-star' | undefined
  readonly model?: string | undefined
}

/** What a protocol sets, of the options that a command has and that were not given. */
function presetOf(options: Chosen, given: ReadonlySet<string>, dataset: string): [string, unknown][] {
  const { protocol, model } = options
  if (protocol === undefined) return []
  const known = protocols[protocol]
  if (!Object.hasOwn(known, dataset)) {
    throw new UsageError({
      what: `the protocol ${protocol} has no settings for '${dataset}'`,
      expected: Object.keys(known).join(', '),
      got: `'${dataset}'`,
      next: 'leave --protocol out, and give the settings one by one',
    })
  }
  const settings = known[dataset](given.has('model') ? model : undefined)
  return Object.entries(settings).filter(([name]) => name in options || name === 'frameSize')
}

/**
 * Options with a protocol's in place of defaults; what was given stays.
 * @throws UsageError for a data set that the protocol does not know
 * @see Huang et al. 2024, appendix on training
 */
export function withProtocol<Options extends Chosen>(
  options: Options,
  given: ReadonlySet<string>,
  dataset: string,
): Options {
  if (options.protocol === undefined) return options
  const preset = presetOf(options, given, dataset).filter(([name]) => !given.has(name))
  return { ...options, ...Object.fromEntries(preset) }
}

/** A line that says what a protocol set, and what was given otherwise; empty without a protocol. */
export function protocolText(options: Chosen, given: ReadonlySet<string>, dataset: string): string {
  const preset = presetOf(options, given, dataset)
  if (preset.length === 0) return ''
  const own = preset.filter(([name]) => given.has(name)).map(([name]) => flagOf(name))
  const set = preset
    .filter(([name]) => !given.has(name))
    .map(([name, value]) => `${flagOf(name)} ${Array.isArray(value) ? value.join(',') || 'none' : value}`)
  const kept = own.length === 0 ? '' : `; given instead: ${own.join(', ')}`
  return `protocol ${options.protocol}: ${set.join(' ')}${kept}`
}
