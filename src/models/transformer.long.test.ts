import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createWasm } from '../backends/index.ts'
import { openDataset } from '../data/index.ts'
import { clif } from '../neurons/index.ts'
import { sgd, train } from '../train/index.ts'
import { models } from './index.ts'

const real = new URL('../../../shared/data/cifar-10-batches-bin/', import.meta.url)

test.skipIf(!existsSync(real))('a narrow transformer learns CIFAR-10 (needs ../shared/data)', async () => {
  const datasets = await openDataset('cifar10', fileURLToPath(real))
  const first = { ...datasets.train, length: 400, pixels: datasets.train.pixels?.subarray(0, 400 * 3072) as Uint8Array }
  const judged = { ...datasets.test, length: 100, pixels: datasets.test.pixels?.subarray(0, 100 * 3072) as Uint8Array }
  const net = models['transformer-small']({ input: [32, 32, 3], classes: 10, neuron: clif() })
  const backend = await createWasm({ threads: 2 })
  try {
    const { epochs } = await train(
      net,
      { ...datasets, train: first, test: judged },
      {
        backend,
        host: { clock: () => performance.now() / 1000, pause: async () => {} },
        T: 2,
        epochs: 3,
        batch: 25,
        seed: 1,
        optimiser: sgd({ learningRate: 0.03 }),
        validation: 'none',
      },
    )
    const losses = epochs.map(({ trainLoss }) => trainLoss)
    expect(losses[1]).toBeLessThan(losses[0] - 0.05)
    expect(losses[2]).toBeLessThan(losses[1])
    // Chance is 10 %.
    expect(epochs[2].trainAccuracy).toBeGreaterThan(0.2)
    expect(epochs[2].firingRates.every(({ rate }) => rate > 0.005 && rate < 0.95)).toBe(true)
  } finally {
    await backend.close()
  }
})
