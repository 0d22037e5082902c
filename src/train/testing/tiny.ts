import { Random } from '../../base/index.ts'
import { type Datasets, imageDataset } from '../../data/index.ts'
import type { Neuron } from '../../equations/index.ts'
import { lif } from '../../neurons/index.ts'
import { Conv2d, Dropout, Flatten, Linear, Network, Sequential, Spiking } from '../../nn/index.ts'
import type { Host } from '../host.ts'

/** What tests train: 6x6 images of three classes, each a bright band of its own in noise. */
export function tinyDatasets(train = 30, test = 12): Datasets {
  const make = (name: string, length: number, seed: number) => {
    const random = new Random(seed)
    const labels = Array.from({ length }, (_, i) => i % 3)
    const pixels = new Uint8Array(length * 36)
    pixels.forEach((_, at) => {
      const band = Math.floor((at % 36) / 12)
      pixels[at] = random.below(100) + (band === labels[Math.floor(at / 36)] ? 150 : 0)
    })
    return imageDataset({ name, classes: ['top', 'middle', 'bottom'], shape: [6, 6, 1], labels, pixels })
  }
  return { name: 'bands', train: make('bands train', train, 1), test: make('bands test', test, 2), notes: [] }
}

export interface TinyOptions {
  readonly dropout?: boolean
  readonly normalisation?: 'perStep' | null
  readonly seed?: number
  readonly neuron?: Neuron
}

/** Convolution, neurons, dropout, linear. */
export function tinyNetwork(options: TinyOptions = {}): Network {
  const { dropout = true, normalisation = 'perStep', seed = 3, neuron = lif() } = options
  return new Network({
    name: 'tiny',
    input: [6, 6, 1],
    seed,
    layer: new Sequential([
      new Conv2d({ channels: 4, kernelSize: 3, padding: 1 }),
      new Spiking({ neuron, normalisation }),
      ...(dropout ? [new Dropout({ p: 0.25 })] : []),
      new Flatten(),
      new Linear({ features: 3 }),
    ]),
  })
}

/** A clock that ticks when it is read. */
export function tickingHost(): Host {
  let seconds = 0
  return { clock: () => (seconds += 0.5), pause: async () => {} }
}

/** Host values of all parameters and running statistics, bit by bit as the backend has them. */
export async function valuesOf(network: Network): Promise<Record<string, number[]>> {
  await network.pull()
  return Object.fromEntries([...network.parameters(), ...network.buffers()].map((p) => [p.path, [...p.values]]))
}
