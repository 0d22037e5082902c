/**
 * Accuracy in percent of networks trained with one neuron and run with LIF: soft reset, then hard reset to 0, -0.02,
 * -0.04, -0.06, -0.08, -0.1. resnet18, T = 6.
 * @see Huang et al. 2024, Table 8
 */
export const publishedTable8 = [
  { dataset: 'cifar10', neuron: 'clif', trained: 95.41, soft: 92.95, hard: [93.41, 94.18, 94.54, 95.08, 94.84, 94.72] },
  { dataset: 'cifar10', neuron: 'lif', trained: 94.51, soft: 94.51, hard: [84.05, 76.68, 66.08, 52.16, 38.0, 27.04] },
  { dataset: 'cifar100', neuron: 'clif', trained: 78.36, soft: 68.72, hard: [73.04, 74.64, 76.63, 76.55, 77.0, 76.54] },
  { dataset: 'cifar100', neuron: 'lif', trained: 76.23, soft: 76.23, hard: [47.74, 37.04, 27.56, 19.83, 13.22, 8.77] },
] as const
