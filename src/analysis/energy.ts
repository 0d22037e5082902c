import { UsageError } from '../base/index.ts'
import type { Network } from '../nn/index.ts'
import { costs45nm } from './energy-costs.ts'
import { correctedEnergy, type MemoryEnergy, memoryParts } from './energy-memory.ts'
import { type EnergyLayer, energyLayers } from './energy-network.ts'
import { publishedCounts, publishedEnergies } from './energy-published.ts'
import { type FiringRates, ratesOf } from './energy-rates.ts'
import { correctedOperations, type OperationCounts, publishedOperations } from './energy-synaptic.ts'

export type EnergyAccounting = 'corrected' | 'clif-2024'

export interface EnergyOptions {
  /** Steps of an inference. */
  readonly T: number
  /** Of every layer of neurons, measured or published. */
  readonly rates: FiringRates
  /** `clif-2024`: as the published tables were made, slips and all. Default: corrected. */
  readonly accounting?: EnergyAccounting
  /** The input differs from step to step, as frames of events do. Default: a static image. */
  readonly sequence?: boolean
}

/** Synaptic operations and their energy in picojoules. */
export interface SynapticEnergy extends OperationCounts {
  readonly energy: number
}

/** Of one step and of an inference of T steps; null where an accounting has no such number. */
export interface PerStepAndInference<Value> {
  readonly step: Value | null
  readonly inference: Value
}

export interface LayerEnergy {
  readonly path: string
  readonly kind: EnergyLayer['kind']
  /** Share of neuron-steps with a spike, of layers of neurons. */
  readonly rate?: number
  /** Operations alone. */
  readonly synaptic: PerStepAndInference<SynapticEnergy>
  /** With memory. Picojoules. */
  readonly memory: PerStepAndInference<MemoryEnergy>
}

/** What an inference costs. */
export interface Energy extends Pick<LayerEnergy, 'synaptic' | 'memory'> {
  readonly type: 'energy'
  readonly accounting: EnergyAccounting
  readonly network: string
  readonly T: number
  readonly about: string
  readonly assumptions: readonly string[]
  readonly layers: readonly LayerEnergy[]
}

/**
 * Energy of an inference, layer by layer, twice: from synaptic operations alone, and with memory. Neurons count what
 * their program computes, whoever wrote their equations.
 * @returns energies in picojoules
 * @throws UsageError for rates that do not fit the network
 * @see Huang et al. 2024, Tables 6 and 7; Lemaire et al. 2022
 */
export function energy(network: Pick<Network, 'name' | 'rows' | 'neurons'>, options: EnergyOptions): Energy {
  const { T, accounting = 'corrected', sequence = false } = options
  if (!Number.isSafeInteger(T) || T < 1)
    throw new UsageError({ what: 'energy: T out of range', expected: 'a whole number, 1 or more', got: String(T) })
  const rates = ratesOf(network, options.rates)
  const layers = energyLayers(network, { T, rates, sequence })
  const counted = accounting === 'clif-2024' ? asPublished(layers, T) : corrected(layers, T)
  const names = [...new Set(layers.flatMap((layer) => (layer.kind === 'neurons' ? [layer.name] : [])))]
  return {
    type: 'energy',
    accounting,
    network: network.name,
    T,
    about: `${network.name}, ${names.join(' and ') || 'no neurons'}, T = ${T}, ${accounting} accounting`,
    assumptions: accounting === 'clif-2024' ? publishedAssumptions : correctedAssumptions(sequence),
    layers: counted,
    synaptic: summed(
      counted.map((layer) => layer.synaptic),
      ['accumulates', 'multiplyAccumulates', 'energy'],
    ),
    memory: summed(
      counted.map((layer) => layer.memory),
      memoryParts,
    ),
  }
}

/** Sum of the parts, picojoules. */
export function memoryTotal(parts: MemoryEnergy): number {
  return memoryParts.reduce((sum, part) => sum + parts[part], 0)
}

function corrected(layers: readonly EnergyLayer[], T: number): LayerEnergy[] {
  return layers.map((layer) => {
    const synaptic = withEnergy(correctedOperations(layer, T))
    const memory = correctedEnergy(layer, T)
    return {
      ...nameOf(layer),
      synaptic: { step: scaled(synaptic, 1 / T), inference: synaptic },
      memory: { step: scaled(memory, 1 / T), inference: memory },
    }
  })
}

const nothing: MemoryEnergy = { potentials: 0, parameters: 0, inOut: 0, operations: 0, addressing: 0 }

function asPublished(layers: readonly EnergyLayer[], T: number): LayerEnergy[] {
  const energies = publishedEnergies(publishedCounts(layers, T))
  return layers.map((layer) => {
    const step = withEnergy(publishedOperations(layer))
    return {
      ...nameOf(layer),
      synaptic: { step, inference: scaled(step, T) },
      memory: { step: null, inference: energies.get(layer.path) ?? nothing },
    }
  })
}

function nameOf(layer: EnergyLayer): Pick<LayerEnergy, 'path' | 'kind' | 'rate'> {
  const { path, kind } = layer
  return layer.kind === 'neurons' ? { path, kind, rate: layer.rate } : { path, kind }
}

function withEnergy(counts: OperationCounts): SynapticEnergy {
  const { accumulate, multiplyAccumulate } = costs45nm
  return { ...counts, energy: counts.accumulates * accumulate + counts.multiplyAccumulates * multiplyAccumulate }
}

function scaled<Values extends object>(values: Values, factor: number): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value * factor])) as Values
}

function summed<Values extends { readonly [name in Name]: number }, Name extends string>(
  parts: readonly PerStepAndInference<Values>[],
  names: readonly Name[],
): PerStepAndInference<Values> {
  const sum = (of: (part: PerStepAndInference<Values>) => Values | null) =>
    Object.fromEntries(
      names.map((name) => [name, parts.reduce((total, part) => total + (of(part)?.[name] ?? 0), 0)]),
    ) as Values
  return {
    step: parts.some(({ step }) => step === null) ? null : sum(({ step }) => step),
    inference: sum(({ inference }) => inference),
  }
}

const publishedAssumptions = [
  'operations alone: of one step, times T for an inference; 0.9 pJ an addition, 4.6 pJ a multiply-add; the image at every step',
  'with memory, as the published script counts an inference: the leaks of T steps, but the spikes of one; no shortcuts; ' +
    'an access costs by how often an array is accessed and not by its size, on lines without their intercepts',
  'the corrected accounting, which is the default, does none of this',
]

function correctedAssumptions(sequence: boolean): string[] {
  return [
    'numbers are of an inference, all T steps; those of a step are their mean',
    '45 nm, 32-bit integers: 0.1 pJ an addition, 3.1 pJ a multiplication; a function such as sigmoid as one multiply-add',
    'an access to memory costs by the size of its array: 10 pJ at 8 kB, 20 pJ at 32 kB, 100 pJ from 1 MB on, linear between',
    'a spike is added to ceil(k / stride) outputs each way, and its whole kernel of weights and potentials is read for it',
    'every state of every neuron is read and written at every step, and its operations are those of its equations; ' +
      'comparisons with a threshold are free',
    `layers fed by numbers (pixels, averages) multiply each of them at every step${sequence ? '' : '; a static image is multiplied once'}`,
    'BatchNorm is part of the weights, a bias is added at every step, shortcuts count, logits add up without a leak',
    'operations alone: 0.9 pJ an addition, 4.6 pJ a multiply-add (32-bit floating point)',
  ]
}
