import type { TaskName } from '../tasks.ts'

/**
 * Accuracies that the paper prints, in percent, by task, neuron and T. `ann`: the same network of ReLUs.
 * @see Huang et al. 2024, Tables 1 and 2
 */
export const publishedAccuracies: {
  readonly [task in TaskName]?: { readonly [neuron: string]: { readonly [T: number]: number } }
} = {
  cifar10: { clif: { 4: 94.89, 6: 95.41, 8: 95.68 }, lif: { 6: 94.51 }, plif: { 6: 94.25 }, glif: { 6: 94.88 }, klif: { 10: 92.52 }, ann: { 1: 95.62 } }, // biome-ignore format: one task a line
  cifar100: { clif: { 4: 77.0, 6: 78.36, 8: 78.99 }, lif: { 6: 76.23 }, glif: { 6: 77.28 }, ann: { 1: 78.14 } }, // biome-ignore format: one task a line
  cifar10Starred: { clif: { 4: 96.01, 6: 96.45, 8: 96.69 }, ann: { 1: 96.65 } },
  cifar100Starred: { clif: { 4: 79.69, 6: 80.58, 8: 80.89 }, ann: { 1: 80.89 } },
  tinyImagenet: { clif: { 4: 63.16, 6: 64.13 }, ann: { 1: 59.77 } },
  dvsGesture: { lif: { 20: 97.57 }, clif: { 20: 97.92 } },
  dvsCifar10: { lif: { 16: 78.05 }, clif: { 16: 79.0 } },
  dvsCifar10Vggsnn: { lif: { 10: 84.9 }, clif: { 10: 86.1 } },
}

/** The paper's accuracy, where it prints one. */
export function publishedAccuracy(task: TaskName, neuron: string, T: number): number | undefined {
  return publishedAccuracies[task]?.[neuron]?.[T]
}

/** Rows of Table 1 that need more than Spikelet has: the task, the method, T, the accuracy, and what is lacking. */
export const unavailableRows: readonly {
  readonly task: TaskName
  readonly neuron: string
  readonly T: number
  readonly published: number
  readonly lacks: string
}[] = [
  { task: 'cifar10', neuron: 'DSR', T: 20, published: 95.4, lacks: 'another way of training, which Spikelet lacks' },
  { task: 'cifar100', neuron: 'DSR', T: 20, published: 78.5, lacks: 'another way of training, which Spikelet lacks' },
  {
    task: 'cifar10',
    neuron: 'PSN*',
    T: 4,
    published: 95.32,
    lacks: 'the augmentations of its own paper, which are not known here',
  },
]
