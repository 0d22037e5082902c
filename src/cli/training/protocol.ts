import { UsageError } from '../../base/index.ts'
import { firstSeed, type Task, tasks } from '../../experiments/index.ts'
import type { TrainingOptions } from './options.ts'

/** What is the same for every data set. */
const everywhere: Partial<TrainingOptions> = {
  optimiser: 'sgd',
  momentum: 0.9,
  schedule: 'cosine',
  labelSmoothing: 0,
  validation: 0,
  seed: firstSeed,
}

function settingsOf({ settings }: Task): Partial<TrainingOptions> {
  return { ...everywhere, ...(settings as Partial<TrainingOptions>) }
}

/**
 * Settings of the CLIF paper by data set. It has no Fashion-MNIST: there, the settings of CIFAR-10 without changes of
 * the images.
 * @see Huang et al. 2024, appendix on training
 */
const paper: { readonly [dataset: string]: Partial<TrainingOptions> } = {
  cifar10: settingsOf(tasks.cifar10),
  cifar100: settingsOf(tasks.cifar100),
  'tiny-imagenet': settingsOf(tasks.tinyImagenet),
  'dvs-gesture': settingsOf(tasks.dvsGesture),
  'dvs-cifar10': settingsOf(tasks.dvsCifar10),
  'fashion-mnist': { ...settingsOf(tasks.cifar10), model: 'snn5', augment: [] },
}

/** Options that are absent unless they are given: that they are absent does not say that a command lacks them. */
const withoutDefault = ['frameSize']

/**
 * Options with a protocol's in place of defaults; what was given stays.
 * @throws UsageError for a data set that the protocol does not know
 */
export function withProtocol<Options extends { protocol?: 'paper' | undefined }>(
  options: Options,
  given: ReadonlySet<string>,
  dataset: string,
): Options {
  if (options.protocol === undefined) return options
  if (!Object.hasOwn(paper, dataset)) {
    throw new UsageError({
      what: `the protocol paper has no settings for '${dataset}'`,
      expected: Object.keys(paper).join(', '),
      got: `'${dataset}'`,
      next: 'leave --protocol out, and give the settings one by one',
    })
  }
  const preset = Object.entries(paper[dataset]).filter(
    ([name]) => (name in options || withoutDefault.includes(name)) && !given.has(name),
  )
  return { ...options, ...Object.fromEntries(preset) }
}
