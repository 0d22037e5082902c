import { Random } from '../base/index.ts'
import { linearise, type Neuron, type SequenceOptions } from '../equations/index.ts'
import { temporalMatrix, temporalStart } from '../nn/index.ts'
import { defaultInput, type InputChoice, neuronInput } from './input.ts'
import { type GradientParts, gradientParts, unitSeed } from './parts.ts'

export interface GradientMapOptions {
  /** Steps. */
  readonly T: number
  /** Default: Poisson spikes of rate 0.3. */
  readonly input?: InputChoice
  /** Names the random numbers of the input, and of the start weights of neurons that mix time. Default 1. */
  readonly seed?: number
  /** Neurons of a described input, each with spikes of its own; the map is their mean. Default 256. */
  readonly neurons?: number
  /** Values of learnable parameters by name; what is left out has its start value. */
  readonly parameters?: SequenceOptions['parameters']
  /** In place of the step function, to compare with finite differences. */
  readonly spike?: (v: number) => number
}

/** The gradient map of one neuron, or of one layer of a network. */
export interface NeuronGradientMap extends GradientParts {
  readonly name: string
  /** How many neurons it is the mean of. */
  readonly M: number
}

/** Where gradients go through time, for one or several neurons or layers. */
export interface GradientMap {
  readonly type: 'gradientMap'
  readonly T: number
  /** Of all values. */
  readonly unit: string
  /** What the neurons received, and which gradient it is. */
  readonly about: string
  readonly maps: readonly NeuronGradientMap[]
}

/**
 * For each neuron, how much gradient the input of step t receives from its output at step t' (dL/ds[t'] = 1), and which
 * way it goes.
 * @throws UsageError for an input that cannot be read, ShapeError where sizes do not fit
 */
export function gradientMap(neurons: Neuron | readonly Neuron[], options: GradientMapOptions): GradientMap {
  const { T, input = defaultInput, seed = 1, neurons: M = 256, parameters, spike } = options
  const current = neuronInput(input, { T, M, seed })
  const maps = [neurons].flat().map((neuron) => {
    const mixing = mixingOf(neuron, T, seed)
    const x = mixing ? mixed(mixing, current.x, T) : current.x
    const lines = linearise(neuron, x, { T, ...(parameters ? { parameters } : {}), ...(spike ? { spike } : {}) })
    return { name: neuron.name, M: current.M, ...gradientParts(lines, unitSeed, mixing) }
  })
  return {
    type: 'gradientMap',
    T,
    unit: "d s[t'] / d x[t]",
    about: `input ${current.name}, seed ${seed}, ${current.M === 1 ? '1 neuron' : `mean of ${current.M} neurons`}`,
    maps,
  }
}

/** Start weights of a neuron's map over time, [T, T], or null where it has none. */
export function mixingOf({ temporal }: Neuron, T: number, seed: number): Float64Array | null {
  if (!temporal) return null
  return temporalMatrix(temporal, T, temporalStart(temporal, T, new Random(seed).fork('temporal')))
}

/** A linear map over time applied to [T, M]. */
export function mixed(mixing: Float64Array, x: Float64Array, T: number): Float64Array {
  const M = x.length / T
  const result = new Float64Array(x.length)
  for (let t = 0; t < T; t++)
    for (let j = 0; j < T; j++) for (let i = 0; i < M; i++) result[t * M + i] += mixing[t * T + j] * x[j * M + i]
  return result
}

/**
 * How much gradient is left after some steps: the mean size of the map `distance` steps off its diagonal, in terms of
 * the diagonal at the same t'. NaN where no two steps are that far apart, or the diagonal is 0.
 */
export function gradientLeft({ total }: GradientParts, distance: number): number {
  let [far, near] = [0, 0]
  for (let source = distance; source < total.size.length; source++) {
    far += total.size[source - distance][source]
    near += total.size[source][source]
  }
  return near > 0 ? far / near : Number.NaN
}
