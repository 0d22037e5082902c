import type { Replacement, RunSettings } from './experiment.ts'

/** A data set, and how the paper trains on it. */
export interface Task {
  /** For people. */
  readonly title: string
  readonly dataset: string
  readonly settings: Omit<RunSettings, 'neuron' | 'seed'>
  /** What of the protocol Spikelet does not have, at any scale. */
  readonly replaced?: readonly Replacement[]
}

const images = {
  model: 'resnet18',
  T: 6,
  epochs: 200,
  batch: 128,
  lr: 0.1,
  weightDecay: 5e-5,
  dropout: 0,
  augment: ['crop', 'flip', 'cutout'],
  loss: 'paper',
} as const

const events = { ...images, model: 'vgg11', epochs: 300, weightDecay: 5e-4, augment: [] } as const

const dvsCifar10: Task = {
  title: 'DVS-CIFAR10',
  dataset: 'dvs-cifar10',
  settings: { ...events, T: 10, lr: 0.05, dropout: 0.3, loss: 'paper-one-hot', frameSize: '48x48' },
}

/**
 * The paper's tasks with its protocol. The seed is 2022 throughout, unless there are several.
 * @see Huang et al. 2024, appendix on training
 */
export const tasks = {
  cifar10: { title: 'CIFAR-10', dataset: 'cifar10', settings: images },
  cifar100: { title: 'CIFAR-100', dataset: 'cifar100', settings: { ...images, weightDecay: 5e-4 } },
  tinyImagenet: {
    title: 'Tiny-ImageNet',
    dataset: 'tiny-imagenet',
    settings: { ...images, model: 'vgg13', batch: 256, epochs: 300, weightDecay: 5e-4, augment: ['flip'] },
    replaced: [{ what: 'augmentation, Tiny-ImageNet', paper: 'AutoAugment (ImageNet policy), flip', here: 'flip' }],
  },
  dvsGesture: {
    title: 'DVS-Gesture',
    dataset: 'dvs-gesture',
    settings: { ...events, T: 20, batch: 16, dropout: 0.4 },
  },
  dvsCifar10,
  /** Table 2's second network for DVS-CIFAR10. */
  dvsCifar10Vggsnn: {
    ...dvsCifar10,
    settings: { ...dvsCifar10.settings, model: 'vggsnn' },
    replaced: [{ what: 'augmentation, DVS-CIFAR10 with vggsnn', paper: 'flip, roll, rotate', here: 'none' }],
  },
} satisfies { readonly [name: string]: Task }

export type TaskName = keyof typeof tasks

/** The first seed of every experiment. */
export const firstSeed = 2022
