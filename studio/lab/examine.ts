import { type GradientMap, gradientLeft, type NeuronRecording, neuronInput, record } from 'spikelet/analysis'
import { type EquationError, gradientMap, type Neuron } from 'spikelet/browser'
import type { Lab, LabInput, LabNeuron } from './model.ts'
import { made } from './model.ts'

/** Steps back at which the gradient that is left is read. */
export const distances = [1, 2, 4, 8, 16] as const

/** A fault in what somebody typed. */
export interface Fault {
  readonly message: string
  readonly span: { readonly start: number; readonly end: number } | null
}

/** All that the page shows of a neuron. */
export interface Examined {
  readonly neuron: Neuron
  readonly recording: NeuronRecording
  readonly map: GradientMap['maps'][number]
  /** By distance; NaN where T is shorter. */
  readonly left: readonly number[]
  readonly rate: number
}

/** Currents of one neuron, [T]. */
export function currents({ kind, strength, rate, seed, values }: LabInput, T: number): Float64Array {
  switch (kind) {
    case 'constant':
      return new Float64Array(T).fill(strength)
    case 'ramp':
      return Float64Array.from({ length: T }, (_, t) => (strength * t) / Math.max(1, T - 1))
    case 'poisson':
      return neuronInput(`poisson:${rate}:${strength}`, { T, M: 1, seed }).x
    case 'drawn':
      return Float64Array.from({ length: T }, (_, t) => values[t] ?? 0)
  }
}

/** Runs a neuron under an input. What is wrong with it is part of the answer. */
export function examined(own: LabNeuron, { input, T }: Pick<Lab, 'input' | 'T'>): Examined | Fault {
  try {
    const neuron = made(own)
    const x = currents(input, T)
    const [recording] = record(neuron, { T, input: x }).recordings
    const [map] = gradientMap(neuron, { T, input: x }).maps
    const rate = recording.s.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0) / T
    return { neuron, recording, map, left: distances.map((distance) => gradientLeft(map, distance)), rate }
  } catch (error) {
    const { parts, message } = error as EquationError
    const span = parts?.span ? { start: parts.span.start, end: parts.span.end } : null
    return { message, span }
  }
}

export function isFault(found: Examined | Fault): found is Fault {
  return 'message' in found
}
