import { UsageError } from '../base/index.ts'
import type { TrainingOptions } from '../runs/index.ts'
import { flagOf } from '../runs/index.ts'
import { firstSeed, type Task, tasks } from './tasks.ts'

type Settings = Partial<TrainingOptions>

/** What all runs of the paper have alike. Its mixed precision is left to `--precision`, which needs a GPU. */
const everywhere: Settings = {
  optimiser: 'sgd',
  momentum: 0.9,
  schedule: 'cosine',
  warmup: 0,
  labelSmoothing: 0,
  normalisation: 'perStep',
  accumulate: 1,
  validation: 0,
  seed: firstSeed,
}

function settingsOf({ settings }: Task): Settings {
  return { ...everywhere, ...(settings as Settings) }
}

const eventFrames: Settings = { frames: 'number', frameValues: 'counts' }

/** Settings of the CLIF paper by data set, and by network where they differ. The paper has no Fashion-MNIST. */
const clif2024: { readonly [dataset: string]: (model: string | undefined) => Settings } = {
  cifar10: () => settingsOf(tasks.cifar10),
  cifar100: () => settingsOf(tasks.cifar100),
  'tiny-imagenet': () => settingsOf(tasks.tinyImagenet),
  'dvs-cifar10': (model) => ({
    ...settingsOf(model === 'vggsnn' ? tasks.dvsCifar10Vggsnn : tasks.dvsCifar10),
    ...eventFrames,
  }),
  'dvs-gesture': () => ({ ...settingsOf(tasks.dvsGesture), ...eventFrames }),
  'fashion-mnist': () => ({ ...settingsOf(tasks.cifar10), model: 'snn5', augment: [] }),
}

const protocols: { readonly [protocol in 'clif-2024' | 'clif-2024-starred']: typeof clif2024 } = {
  'clif-2024': clif2024,
  'clif-2024-starred': {
    cifar10: () => settingsOf(tasks.cifar10Starred),
    cifar100: () => settingsOf(tasks.cifar100Starred),
  },
}

interface Chosen {
  readonly protocol?: 'clif-2024' | 'clif-2024-starred' | undefined
  readonly model?: string | undefined
}

/** Options that are absent unless they are given: that they are absent does not say that a command lacks them. */
const withoutDefault = ['frameSize', 'lr', 'weightDecay']

/** What a protocol sets, of the options that a command has. */
function presetOf(options: Chosen, given: ReadonlySet<string>, dataset: string): [string, unknown][] {
  const { protocol, model } = options
  if (protocol === undefined) return []
  const known = protocols[protocol]
  if (!Object.hasOwn(known, dataset)) {
    throw new UsageError({
      what: `the protocol ${protocol} has no settings for '${dataset}'`,
      expected: Object.keys(known).join(', '),
      got: `'${dataset}'`,
      next: 'Leave --protocol out, and give the settings one by one.',
    })
  }
  const settings = known[dataset](given.has('model') ? model : undefined)
  return Object.entries(settings).filter(([name]) => name in options || withoutDefault.includes(name))
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
