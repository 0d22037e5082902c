import { UsageError } from '../../base/index.ts'
import type { TrainingOptions } from './options.ts'

const cifar10: Partial<TrainingOptions> = {
  model: 'resnet18',
  T: 6,
  epochs: 200,
  batch: 128,
  lr: 0.1,
  optimiser: 'sgd',
  momentum: 0.9,
  schedule: 'cosine',
  weightDecay: 5e-5,
  dropout: 0,
  loss: 'paper',
  labelSmoothing: 0,
  augment: ['crop', 'flip', 'cutout'],
  validation: 0,
  seed: 2022,
}

/**
 * Settings of the CLIF paper by data set. It has no Fashion-MNIST: there, the settings of CIFAR-10 without changes of
 * the images.
 * @see Huang et al. 2024, appendix on training
 */
const paper: { readonly [dataset: string]: Partial<TrainingOptions> } = {
  cifar10,
  cifar100: { ...cifar10, weightDecay: 5e-4 },
  'fashion-mnist': { ...cifar10, model: 'snn5', augment: [] },
}

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
  const preset = Object.entries(paper[dataset]).filter(([name]) => name in options && !given.has(name))
  return { ...options, ...Object.fromEntries(preset) }
}
