import { evaluate, type Neuron, type SequenceOptions } from '../equations/index.ts'
import type { Network } from '../nn/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { mixed, mixingOf } from './gradient-map.ts'
import { defaultInput, type InputChoice, neuronInput } from './input.ts'
import { layerSamples } from './layer-samples.ts'
import { membraneOf } from './membrane.ts'

/** What M neurons did over T steps. All values are [T, M]. */
export interface NeuronRecording {
  readonly name: string
  readonly T: number
  readonly M: number
  /** What they received. */
  readonly x: Float64Array
  readonly s: Float64Array
  /** Most spikes that it counts in a step, where that is more than 1. */
  readonly levels?: number
  /** Every value that the equations name: `u#1` before the reset, `u` after it... */
  readonly values: { readonly [name: string]: Float64Array }
  /** Names of the states among them. */
  readonly states: readonly string[]
  /** What it compares with its threshold, and the threshold; left out where it fires by something else. */
  readonly membrane?: { readonly name: string; readonly potential: Float64Array; readonly threshold: Float64Array }
}

export interface Recording {
  readonly type: 'recording'
  readonly T: number
  readonly about: string
  readonly recordings: readonly NeuronRecording[]
}

export interface RecordOptions {
  readonly T: number
  /** Default: Poisson spikes of rate 0.3. */
  readonly input?: InputChoice
  /** Names the random numbers of the input. Default 1. */
  readonly seed?: number
  /** Neurons of a described input. Default 1. */
  readonly neurons?: number
  /** Values of learnable parameters by name; what is left out has its start value. */
  readonly parameters?: SequenceOptions['parameters']
}

/**
 * Runs neurons under the same input, and keeps every value that their equations name.
 * @throws UsageError for an input that cannot be read
 * @see Huang et al. 2024, Fig. 7
 */
export function record(neurons: Neuron | readonly Neuron[], options: RecordOptions): Recording {
  const { T, input = defaultInput, seed = 1, neurons: M = 1, parameters } = options
  const current = neuronInput(input, { T, M, seed })
  const recordings = [neurons].flat().map((neuron) => {
    const mixing = mixingOf(neuron, T, seed)
    const x = mixing ? mixed(mixing, current.x, T) : current.x
    return recordingOf(neuron, neuron.name, x, { T, ...(parameters ? { parameters } : {}) })
  })
  return { type: 'recording', T, about: `input ${current.name}, seed ${seed}`, recordings }
}

/**
 * Recordings of some neurons of every layer of a network for a batch, in evaluation mode.
 * @param x [T or 1, N, ...], on the network's backend
 * @param options `sample`: about how many neurons of each layer, default 64
 */
export async function recordLayers(
  network: Network,
  x: Tensor,
  { T, sample = 64 }: { readonly T: number; readonly sample?: number },
): Promise<Recording> {
  const layers = await layerSamples(network, x, { T, sample })
  const recordings = layers.map(({ neuron, path, x: current, parameters }) =>
    recordingOf(neuron, path, current, { T, parameters }),
  )
  return { type: 'recording', T, about: `${network.name}, ${x.shape[1]} samples`, recordings }
}

/** The name under which a recording watches the potential minus the threshold; no equations can write it. */
const margin = 'potential - threshold'

function recordingOf(neuron: Neuron, name: string, x: Float64Array, options: SequenceOptions): NeuronRecording {
  const { program } = neuron
  const membrane = membraneOf(neuron)
  const observables = membrane ? [...program.observables, { name: margin, value: membrane.above }] : program.observables
  const { s, observed } = evaluate({ ...neuron, program: { ...program, observables } }, x, options)
  const { [margin]: above, ...values } = observed
  const { T } = options
  const states = program.states.map((state) => state.name).filter((state) => state !== 's')
  const counts = program.levels > 1 ? { levels: program.levels } : {}
  const recording = { name, T, M: x.length / T, x, s, ...counts, values, states }
  if (!membrane) return recording
  const potential = values[membrane.name]
  return {
    ...recording,
    membrane: { name: membrane.name, potential, threshold: potential.map((value, i) => value - above[i]) },
  }
}

/** Spikes per neuron and step; of neurons that give numbers, the share that is not 0. */
export function firingRate({ levels = 0, s }: Pick<NeuronRecording, 's' | 'levels'>): number {
  const counted = levels > 1
  return s.reduce((sum, value) => sum + (counted ? value : value === 0 ? 0 : 1), 0) / s.length
}
