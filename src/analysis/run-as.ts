import { UsageError } from '../base/index.ts'
import { defineNeuron, type Neuron, type NeuronOptions } from '../equations/index.ts'
import { lif } from '../neurons/index.ts'
import type { Network } from '../nn/index.ts'

/** What became of the neurons' learned parameters, by path. */
export interface RunAs {
  /** Of both neurons, with what was learned. */
  readonly kept: readonly string[]
  /** Of the new neuron alone, with its start values. */
  readonly fresh: readonly string[]
  /** Of the old neuron alone. */
  readonly dropped: readonly string[]
}

/**
 * Makes all spiking neurons of a trained network others, to run it and not to train it: weights, BatchNorm, and learned
 * parameters of the same name and size stay.
 * @throws UsageError where the neurons cannot be exchanged
 */
export async function runAs(network: Network, neuron: Neuron): Promise<RunAs> {
  await network.pull()
  const before = new Map(network.parameters().map((parameter) => [parameter.path, parameter]))
  const learned = new Map([...before].map(([path, { shape, values }]) => [path, { shape, values: values.slice() }]))
  network.exchange(neuron)
  const after = network.parameters().filter((parameter) => before.get(parameter.path) !== parameter)
  const kept = after.filter(({ path, shape }) => learned.get(path)?.shape.join() === shape.join())
  for (const parameter of kept) parameter.set(learned.get(parameter.path)?.values ?? [])
  const now = new Set(network.parameters().map(({ path }) => path))
  return {
    kept: kept.map(({ path }) => path),
    fresh: after.filter((parameter) => !kept.includes(parameter)).map(({ path }) => path),
    dropped: [...learned.keys()].filter((path) => !now.has(path)),
  }
}

/**
 * The constants and options of a neuron that another one can take as well, such as tau: a network that runs as that one
 * keeps them.
 * @param make the other neuron with given options; refuses those it does not know
 */
export async function sharedOptions(
  { config, constants }: Pick<Neuron, 'config' | 'constants'>,
  make: (options: NeuronOptions) => Neuron | Promise<Neuron>,
): Promise<NeuronOptions> {
  const given = { ...constants, ...config.options }
  const shared: { [name: string]: unknown } = {}
  for (const [name, value] of Object.entries(given)) {
    try {
      await make({ [name]: value } as NeuronOptions)
    } catch (error) {
      if (error instanceof UsageError) continue
      throw error
    }
    shared[name] = value
  }
  return shared as NeuronOptions
}

/**
 * What LIF does with a reset value: `hard` resets to it; `leak` leaks towards it as well, and starts there; `soft`
 * subtracts the threshold minus the value.
 */
export type ResetReading = 'hard' | 'leak' | 'soft'

/** What LIF takes beside its reset. */
export interface LifConstants {
  /** Default 2. */
  readonly tau?: number
  /** Default 1. */
  readonly threshold?: number
  /** The input decays, x / tau. Default false. */
  readonly decayInput?: boolean
}

/**
 * LIF with a reset value. At 0 `leak` is the hard reset to 0, and `soft` the usual soft one.
 * @param value where a spike takes the potential, in one of the readings
 * @see Huang et al. 2024, Table 8, which does not say which reading it means
 */
export function lifWithReset(reading: ResetReading, value: number, constants: LifConstants = {}): Neuron {
  const { tau = 2, threshold = 1, decayInput = false } = constants
  if (reading === 'soft') return softLif({ tau, threshold, value, decayInput })
  if (reading === 'leak') return restingLif({ tau, threshold, value, decayInput })
  return lif({ tau, threshold, decayInput, reset: value === 0 ? 'hard' : { hard: value } })
}

const softLif = defineNeuron({
  name: 'lif-soft',
  constants: { tau: 2, threshold: 1, value: 0 },
  equations: `
    u = (1 - 1/tau) * u + input(x / tau)
    s = spike(u - threshold)
    u = u - s * (threshold - value)`,
})

const restingLif = defineNeuron({
  name: 'lif-leak',
  constants: { tau: 2, threshold: 1, value: 0 },
  state: { u: 'value' },
  equations: `
    u = value + (1 - 1/tau) * (u - value) + input(x / tau)
    s = spike(u - threshold)
    u = u * (1 - s) + s * value`,
})

/** What a neuron has of LIF's constants. */
export function lifConstants({ constants = {}, config }: Pick<Neuron, 'constants' | 'config'>): LifConstants {
  const { tau, threshold } = constants
  const decayInput = config.options.decayInput ?? config.definition?.decayInput
  return {
    ...(tau === undefined ? {} : { tau }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(typeof decayInput === 'boolean' ? { decayInput } : {}),
  }
}
