import { sizeOf } from '../base/index.ts'
import type { Neuron } from '../equations/index.ts'
import type { Frame, LayerRow, Network } from '../nn/index.ts'
import { type NeuronOperations, neuronOperations } from './neuron-operations.ts'

/** A convolution, a linear layer, or spikes that a residual adds as they are. Numbers are of one sample and step. */
export interface SynapticLayer {
  readonly kind: 'convolution' | 'linear' | 'residual'
  readonly path: string
  /** Values it reads. */
  readonly inputs: number
  /** Values it makes. */
  readonly outputs: number
  readonly outputChannels: number
  /** Dense multiply-adds. */
  readonly multiplyAdds: number
  /** Trained numbers. */
  readonly parameters: number
  /** Height and width of windows, and their strides; 1 but for convolutions. */
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly groups: number
  /** Spikes come in, and not numbers such as pixels and averages. */
  readonly spikes: boolean
  /** Firing rate of the neurons that it hears; 1 where it hears none. */
  readonly inputRate: number
  /** Share of its input that is a spike; 1 for numbers. */
  readonly activeShare: number
  /** Firing rate of the neurons behind it; 0 where there are none. */
  readonly outputRate: number
  /** What those are, null where there are none. */
  readonly behind: NeuronLayer | null
  /** False while every step is the same: the input of a static image. */
  readonly everyStep: boolean
  /** Stands beside the main path of a residual. */
  readonly shortcut: boolean
}

export interface NeuronLayer {
  readonly kind: 'neurons'
  readonly path: string
  readonly name: string
  readonly count: number
  /** Spikes a neuron and step. */
  readonly rate: number
  /** Most spikes of one neuron and step; 0 where it gives numbers. */
  readonly levels: number
  /** Gives spikes, and not numbers. */
  readonly spiking: boolean
  readonly operations: NeuronOperations
}

/** An average pool, or another sum of what comes in. */
export interface PoolLayer {
  readonly kind: 'pool'
  readonly path: string
  readonly inputs: number
  readonly outputs: number
  readonly activeShare: number
  /** Slides windows over the image; one window for all of it does not, nor one that adapts to the image. */
  readonly slides: boolean
}

export type EnergyLayer = SynapticLayer | NeuronLayer | PoolLayer

/**
 * A network as the energy accountings see it, layer by layer in order of computation.
 * @param options `rates`: of every layer of neurons, by path; `T`: steps of an inference; `sequence`: the input differs
 * from step to step, as frames of events do
 */
export function energyLayers(
  { rows, neurons }: Pick<Network, 'rows' | 'neurons'>,
  { T, rates, sequence }: { T: number; rates: ReadonlyMap<string, number>; sequence: boolean },
): readonly EnergyLayer[] {
  const layers = new Map<string, NeuronLayer>()
  for (const row of rows) if (row.neurons > 0) layers.set(row.path, neuronLayer(row, neurons, rates, T))
  return rows.flatMap((row, i): EnergyLayer[] => {
    const own = layers.get(row.path)
    if (own) return [own]
    const source = layers.get(row.input.source ?? '') ?? null
    // Attention adds up the spikes that keys and values share.
    if (/avgPool2d$|^attention$/i.test(row.type)) return [poolLayer(row, source)]
    if (!Object.hasOwn(kinds, row.type)) return []
    const next = rows.slice(i + 1).find(({ path }) => layers.has(path))
    const everyStep = sequence || row.input.sequence
    return [{ ...synapticLayer(row, source, layers.get(next?.path ?? '') ?? null), everyStep }]
  })
}

function neuronLayer(
  row: LayerRow,
  neurons: ReadonlyMap<string, Neuron>,
  rates: ReadonlyMap<string, number>,
  T: number,
): NeuronLayer {
  const neuron = neurons.get(row.path) as Neuron
  return {
    kind: 'neurons',
    path: row.path,
    name: neuron.name,
    count: row.neurons,
    rate: rates.get(row.path) as number,
    levels: neuron.program.levels,
    spiking: neuron.program.levels > 0,
    operations: neuronOperations(neuron, T),
  }
}

function poolLayer({ path, input, output, windows }: LayerRow, source: NeuronLayer | null): PoolLayer {
  const inputs = sizeOf(input.shape)
  return {
    kind: 'pool',
    path,
    inputs,
    outputs: sizeOf(output.shape),
    activeShare: activeShare(input, source),
    slides: windows?.size.some((size, axis) => size < input.shape[axis]) ?? false,
  }
}

const kinds = { conv2d: 'convolution', convTranspose2d: 'convolution', linear: 'linear', residual: 'residual' } as const

function synapticLayer(
  row: LayerRow,
  source: NeuronLayer | null,
  behind: NeuronLayer | null,
): Omit<SynapticLayer, 'everyStep'> {
  const { input, output, windows } = row
  return {
    kind: kinds[row.type as keyof typeof kinds],
    path: row.path,
    inputs: sizeOf(input.shape),
    outputs: sizeOf(output.shape),
    outputChannels: output.shape[output.shape.length - 1],
    multiplyAdds: row.multiplyAdds,
    parameters: row.parameters,
    kernel: windows?.size ?? [1, 1],
    stride: windows?.stride ?? [1, 1],
    groups: windows?.groups ?? 1,
    spikes: input.kind === 'spikes',
    inputRate: source?.rate ?? 1,
    activeShare: activeShare(input, source),
    outputRate: behind?.rate ?? 0,
    behind,
    shortcut: row.type === 'residual' || /(^|\.)shortcut$/.test(row.path),
  }
}

/** Spikes a value of what comes in; behind a maximum pool as if neighbours fired independently. */
function activeShare({ kind, shape }: Frame, source: NeuronLayer | null): number {
  if (kind !== 'spikes' || !source) return 1
  const { rate, count, levels } = source
  const inputs = sizeOf(shape)
  return inputs >= count ? rate : levels * (1 - (1 - rate / levels) ** (count / inputs))
}
