import { type Backend, type Comparison, createComparing, createInterpreter } from '../backends/index.ts'
import { hashedUniform } from '../base/index.ts'
import { tetLoss } from '../losses/index.ts'
import { clif, plif } from '../neurons/index.ts'
import { AvgPool2d, Conv2d, Linear, MaxPool2d, Network, Sequential, Spiking } from '../nn/index.ts'
import { sgd, trainingStep, Updates } from '../train/index.ts'

/** What a check of a backend found. */
export interface SelfCheck {
  readonly ok: boolean
  /** Outputs of operations that were compared. */
  readonly compared: number
  /** Largest deviation of a value, relative to its tensor's largest. */
  readonly worst: number
  /** Spikes that differ though they are not at an edge. */
  readonly wrongSpikes: number
  /** Operations whose outputs are off. */
  readonly failed: readonly string[]
}

const T = 3
const input = [12, 12, 2] as const

/**
 * Two training steps of a small network, every operation compared with the interpreter on the interpreter's own inputs.
 * @param other closed in the end
 */
export async function selfCheck(other: Backend): Promise<SelfCheck> {
  const seen: Comparison[] = []
  const backend = createComparing(createInterpreter(), other, (comparison) => seen.push(comparison))
  const norm = { normalisation: 'perStep', T } as const
  const layer = new Sequential([
    new Conv2d({ channels: 8, kernelSize: 3, padding: 1 }),
    new Spiking({ neuron: clif(), ...norm }),
    new MaxPool2d({ kernelSize: 2 }),
    new Conv2d({ channels: 12, kernelSize: 3, stride: 2, padding: 1 }),
    new Spiking({ neuron: plif(), ...norm }),
    new AvgPool2d({ kernelSize: 3 }),
    new Linear({ features: 5 }),
  ])
  const network = new Network({ name: 'self-check', input: [...input], layer, seed: 1 })
  await network.place(backend)
  const updates = new Updates(network, backend, sgd({ learningRate: 0.05 }))
  const size = input[0] * input[1] * input[2]
  const images = Float32Array.from(hashedUniform(4 * size, 7), (value) => 4 * value - 2)
  const batch = { images, labels: Int32Array.of(0, 1, 2, 3) }
  for (const key of [1, 2]) {
    await trainingStep(network, batch, { backend, T, loss: tetLoss(), key, updates, learningRate: 0.05, clip: 1 })
  }
  await backend.finish()
  updates.release()
  network.unplace()
  await backend.close()
  return {
    ok: seen.length > 0 && seen.every((comparison) => comparison.ok),
    compared: seen.length,
    worst: seen.reduce((most, { deviation }) => Math.max(most, deviation), 0),
    wrongSpikes: seen.reduce((sum, { spikes }) => sum + (spikes?.wrong ?? 0), 0),
    failed: seen.filter(({ ok }) => !ok).map(({ operation, output }) => `${operation} ${output}`),
  }
}
