/** The values of tau, the columns of Table 3. */
export const table3Taus: readonly number[] = [1.1, 1.3, 1.5, 1.8, 2]

/**
 * Accuracies of LIF in percent, by steps k that the gradient travels (rows) and tau (columns).
 * @see Huang et al. 2024, Table 3, drawn as Fig. 6
 */
export const table3 = {
  /** resnet18, T = 6 */
  cifar10: {
    1: [92.89, 90.34, 87.27, 82.77, 80.71],
    2: [93.86, 93.91, 92.82, 91.09, 89.07],
    3: [94.24, 94.36, 94.12, 93.31, 93.01],
    4: [94.45, 94.61, 94.64, 94.09, 93.43],
    5: [94.73, 94.69, 94.7, 94.23, 94.06],
    6: [94.8, 94.86, 94.94, 94.36, 93.73],
  },
  /** vgg11, T = 20 */
  dvsGesture: {
    1: [96.88, 97.22, 95.83, 95.49, 96.53],
    4: [97.57, 97.92, 97.22, 96.53, 96.53],
    8: [97.57, 97.57, 97.22, 97.57, 97.22],
    12: [97.22, 97.57, 97.22, 97.22, 97.57],
    16: [97.57, 97.57, 97.92, 97.22, 97.57],
    20: [97.57, 97.57, 97.92, 97.57, 97.22],
  },
} as const satisfies { readonly [task: string]: { readonly [k: number]: readonly number[] } }

/** Table 3's accuracy in percent. */
export function table3Accuracy(task: keyof typeof table3, k: number, tau: number): number | undefined {
  const row: readonly number[] | undefined = (table3[task] as { readonly [k: number]: readonly number[] })[k]
  return row?.[table3Taus.indexOf(tau)]
}
