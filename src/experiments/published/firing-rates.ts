import type { TaskName } from '../tasks.ts'

/**
 * Firing rates of trained networks in percent, a value per layer of neurons from the input on.
 * @see Huang et al. 2024, Fig. 11
 */
export const publishedFiringRates = {
  cifar10: {
    clif: [24.552, 17.135, 17.304, 13.42, 18.855, 15.632, 15.024, 8.242, 13.895, 12.87, 10.686, 7.517, 8.341, 7.368, 2.895, 4.127, 3.685], // biome-ignore format: a network a line
    lif: [27.828, 19.727, 23.881, 17.381, 25.658, 19.541, 18.871, 9.919, 17.236, 14.486, 12.91, 8.546, 9.847, 8.887, 4.845, 6.161, 4.651], // biome-ignore format: a network a line
  },
  cifar100: {
    clif: [20.606, 12.596, 12.614, 9.659, 15.608, 12.062, 11.114, 7.435, 13.702, 10.801, 8.062, 6.885, 8.734, 6.068, 2.841, 3.747, 11.773], // biome-ignore format: a network a line
    lif: [17.861, 10.554, 12.224, 12.212, 15.801, 14.979, 13.228, 7.799, 14.914, 12.335, 9.982, 6.734, 10.328, 7.609, 4.158, 5.472, 15.007], // biome-ignore format: a network a line
  },
  tinyImagenet: {
    clif: [25.339, 16.132, 15.492, 12.749, 12.49, 9.638, 10.632, 7.403, 12.791, 8.153],
    lif: [29.265, 22.261, 22.562, 19.926, 18.289, 13.737, 14.664, 10.071, 17.244, 9.031],
  },
  dvsGesture: {
    clif: [4.55, 2.29, 1.242, 1.726, 1.058, 0.909, 0.937, 0.408],
    lif: [4.353, 2.384, 1.564, 1.903, 1.528, 1.174, 1.17, 0.211],
  },
  dvsCifar10: {
    clif: [7.115, 7.113, 8.237, 5.674, 4.843, 2.277, 2.075, 1.543],
    lif: [8.66, 9.285, 10.229, 7.347, 5.989, 3.562, 2.028, 1.132],
  },
} as const satisfies { readonly [task in TaskName]?: { readonly [neuron: string]: readonly number[] } }
