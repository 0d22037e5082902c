import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ManyRuns {
  readonly runs: number
  readonly epochs: number
  /** Runs with one setting that differ in their seed. Default: 5. */
  readonly seeds?: number
}

const neurons = ['lif', 'plif', 'clif', 'alif'] as const
const classes = ['T-shirt', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot']

/** Writes finished runs into a folder, with every file that the lists read, in the sizes of real ones. */
export function writeManyRuns(folder: string, { runs, epochs, seeds = 5 }: ManyRuns): void {
  for (let i = 0; i < runs; i++) {
    const point = Math.floor(i / seeds)
    const neuron = neurons[point % neurons.length]
    const T = 2 ** (1 + (Math.floor(point / neurons.length) % 4))
    const seed = 1 + (i % seeds)
    const name = `${neuron}-T${T}-${String(i).padStart(3, '0')}-seed${seed}`
    writeRun(join(folder, name), { neuron, T, seed, epochs })
  }
}

function writeRun(
  folder: string,
  {
    neuron,
    T,
    seed,
    epochs,
  }: { readonly neuron: string; readonly T: number; readonly seed: number; readonly epochs: number },
): void {
  mkdirSync(folder, { recursive: true })
  const config = {
    dataset: { name: 'fashion-mnist', train: 9900, test: 2000 },
    model: 'snn5',
    T,
    epochs,
    batch: 64,
    seed,
    loss: { name: 'tet' },
    network: { name: 'snn5', model: 'snn5', options: { neuron: { neuron, options: {} } } },
  }
  const options = { model: 'snn5', neuron, T, epochs, seed, batch: 64 }
  const lines = Array.from({ length: epochs }, (_, e) => epochLine(e + 1, T, seed))
  const last = lines[epochs - 1]
  const summary = {
    name: folder,
    neuron,
    model: 'snn5',
    dataset: 'fashion-mnist',
    command: `npx spikelet train fashion-mnist --neuron ${neuron} --T ${T} --epochs ${epochs} --seed ${seed}`,
    config,
    epochs: lines.map(({ firingRates: _, update: __, seconds: ___, ...line }) => line),
    final: {
      testAccuracy: last.trainAccuracy - 0.02,
      lastEpochTestAccuracy: last.trainAccuracy - 0.02,
      bestEpoch: epochs,
      rule: 'best validation accuracy',
    },
    firingRates: last.firingRates,
    confusion: classes.map((_, row) => classes.map((__, column) => (row === column ? 180 : 2))),
    classes,
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config, undefined, 2))
  writeFileSync(join(folder, 'command.json'), JSON.stringify({ dataset: 'fashion-mnist', options }, undefined, 2))
  writeFileSync(join(folder, 'epochs.jsonl'), `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)
  writeFileSync(
    join(folder, 'steps.jsonl'),
    Array.from({ length: epochs * 15 }, (_, i) => stepLine(10 * (i + 1))).join(''),
  )
  writeFileSync(join(folder, 'summary.json'), `${JSON.stringify(summary)}\n`)
}

function epochLine(epoch: number, T: number, seed: number) {
  const learnt = 1 - Math.exp(-epoch / 30)
  const accuracy = 0.6 + 0.3 * learnt - 0.02 / T + 0.004 * Math.sin(seed * 7 + epoch / 5)
  return {
    epoch,
    update: epoch * 155,
    trainLoss: 1.6 - learnt,
    trainAccuracy: accuracy,
    validationLoss: 1.7 - learnt,
    validationAccuracy: accuracy - 0.015,
    learningRate: 0.1 * (1 - epoch / 400),
    imagesPerSecond: 2000,
    seconds: 5,
    loaderSeconds: 0.2,
    loaderShare: 0.04,
    firingRates: ['1', '4', '8', '11'].map((layer) => ({ layer, rate: 0.1 + 0.05 * learnt })),
  }
}

function stepLine(update: number): string {
  return `${JSON.stringify({ update, epoch: Math.ceil(update / 155), loss: 1 / (1 + update / 500), accuracy: 0.7, learningRate: 0.1, gradientNorm: 0.9, imagesPerSecond: 2000 })}\n`
}
