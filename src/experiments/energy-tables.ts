import { type Energy, energy, memoryTotal } from '../analysis/index.ts'
import type { Shape } from '../base/index.ts'
import { type ModelFactory, models } from '../models/index.ts'
import { neurons } from '../neurons/index.ts'
import { publishedTable6, publishedTable7, type Table6Column, type Table7Column } from './published/energy.ts'
import { type PublishedDataset, publishedFiringRates } from './published/firing-rates.ts'

/** One number beside the printed one. */
export interface PrintedNumber {
  readonly unit: string
  readonly ours: number
  /** Ours with as many digits as the printed one. */
  readonly text: string
  /** As it was printed. */
  readonly printed: string
  /** ours / printed - 1; 0 where both are 0. */
  readonly deviation: number
  /** Whether both have the same digits. */
  readonly same: boolean
}

/** A row of an energy table, ours and printed. */
export interface EnergyTableRow<Column extends string> {
  readonly dataset: PublishedDataset
  readonly network: string
  readonly neuron: 'relu' | 'lif' | 'clif'
  readonly T: number
  readonly numbers: { readonly [column in Column]: PrintedNumber }
}

/** What the paper ran on each data set. */
const networks: {
  readonly [dataset in PublishedDataset]: { model: string; input: Shape; classes: number; T: number; events: boolean }
} = {
  cifar10: { model: 'resnet18', input: [32, 32, 3], classes: 10, T: 6, events: false },
  cifar100: { model: 'resnet18', input: [32, 32, 3], classes: 100, T: 6, events: false },
  'tiny-imagenet': { model: 'vgg13', input: [64, 64, 3], classes: 200, T: 6, events: false },
  'dvs-cifar10': { model: 'vgg11', input: [48, 48, 2], classes: 10, T: 10, events: true },
  'dvs-gesture': { model: 'vgg11', input: [128, 128, 2], classes: 11, T: 20, events: true },
}

/**
 * Operations and their energy in one time step, from the published firing rates.
 * @see Huang et al. 2024, Table 6
 */
export function energyTable6(): EnergyTableRow<Table6Column>[] {
  return publishedTable6.map(({ dataset, neuron, printed }) => {
    const { T, value } = publishedEnergy(dataset, neuron)
    const {
      accumulates,
      multiplyAccumulates,
      energy: joules,
    } = value.synaptic.step as NonNullable<Energy['synaptic']['step']>
    return {
      dataset,
      network: value.network,
      neuron,
      T,
      numbers: {
        ACs: beside(accumulates / 1e6, printed.ACs, 'M'),
        MACs: beside(multiplyAccumulates / 1e6, printed.MACs, 'M'),
        energy: beside(joules / 1e6, printed.energy, 'µJ'),
      },
    }
  })
}

/**
 * Energy with memory, as the published script counts an inference, from the published firing rates.
 * @see Huang et al. 2024, Table 7
 */
export function energyTable7(): EnergyTableRow<Table7Column>[] {
  return publishedTable7.map(({ dataset, neuron, printed }) => {
    const { T, value } = publishedEnergy(dataset, neuron)
    const { potentials, parameters, inOut, operations, addressing } = value.memory.inference
    const millijoules = 1e9
    return {
      dataset,
      network: value.network,
      neuron,
      T,
      numbers: {
        total: beside(memoryTotal(value.memory.inference) / millijoules, printed.total, 'mJ'),
        potentials: beside(potentials / millijoules, printed.potentials, 'mJ'),
        parameters: beside(parameters / millijoules, printed.parameters, 'mJ'),
        inOut: beside(inOut / millijoules, printed.inOut, 'mJ'),
        operations: beside(operations / millijoules, printed.operations, 'mJ'),
        addressing: beside(addressing / 1e6, printed.addressing, 'µJ'),
      },
    }
  })
}

function publishedEnergy(dataset: PublishedDataset, neuron: EnergyTableRow<string>['neuron']) {
  const { model, input, classes, T, events } = networks[dataset]
  const build: ModelFactory = models[model]
  const network = build({ input, classes, neuron: neurons[neuron]() })
  const layers = publishedFiringRates[dataset].clif.length
  const rates =
    neuron === 'relu' ? Array(layers).fill(1) : publishedFiringRates[dataset][neuron].map((rate) => rate / 100)
  return { T, value: energy(network, { T, rates, accounting: 'clif-2024', sequence: events }) }
}

function beside(ours: number, printed: string, unit: string): PrintedNumber {
  const text = withDigitsOf(printed, ours)
  const target = Number(printed)
  return {
    unit,
    ours,
    text,
    printed,
    deviation: target === ours ? 0 : ours / target - 1,
    same: Number(text) === target,
  }
}

/** A number with as many decimals, or with an exponent as many digits, as a printed one. */
function withDigitsOf(printed: string, value: number): string {
  const [mantissa, exponent] = printed.split('e')
  const decimals = mantissa.split('.')[1]?.length ?? 0
  if (exponent !== undefined) return value.toExponential(decimals).replace('e+', 'e')
  // Twelve digits first: what lies half way in decimals may lie below in binary.
  return (Math.round(Number((value * 10 ** decimals).toPrecision(12))) / 10 ** decimals).toFixed(decimals)
}
