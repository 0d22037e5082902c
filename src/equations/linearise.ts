import { compileAdjoint } from './evaluate.ts'
import { keepStates, neuronRun, type SequenceOptions } from './neuron-run.ts'
import type { Neuron } from './program.ts'

/**
 * A run as straight lines: at each step how the gradients that reach it from outside, of its output and of the states at
 * its end, become those of its input and of the states before it. Every gradient through time is made of these.
 * All arrays are [T, M]; states are in the program's order.
 */
export interface Linearisation {
  readonly T: number
  readonly M: number
  readonly states: readonly string[]
  /** d s[t] / d x[t]. */
  readonly direct: Float64Array
  /** Per state k: d s[t] / d(state k before step t). */
  readonly fromOutput: readonly Float64Array[]
  /** Per state k: d(state k after step t) / d x[t]. */
  readonly toInput: readonly Float64Array[]
  /** Per states k and j: d(state k after step t) / d(state j before it). */
  readonly between: readonly (readonly Float64Array[])[]
}

/**
 * Linearises a run of M neurons in float64, with the surrogate where `spike` stands.
 * @param x input current, [T, M]
 * @throws ShapeError where sizes do not fit
 */
export function linearise(neuron: Neuron, x: ArrayLike<number>, options: SequenceOptions): Linearisation {
  const { program, adjoint } = neuron
  const run = neuronRun(neuron, x, options)
  const { T, M, values } = run
  const count = program.states.length
  const empty = () => new Float64Array(T * M)
  const perState = () => program.states.map(empty)
  const result = {
    direct: empty(),
    fromOutput: perState(),
    toInput: perState(),
    between: program.states.map(perState),
  }
  const backward = compileAdjoint(program, adjoint)
  const kept = new Float64Array(T * count)
  const gradients = new Float64Array(count)
  for (let i = 0; i < M; i++) {
    keepStates(run, i, kept)
    for (let t = 0; t < T; t++) {
      const at = t * M + i
      run.states.set(kept.subarray(t * count, (t + 1) * count))
      run.forward(t, i)
      gradients.fill(0)
      backward(values, 1, gradients)
      result.direct[at] = values[adjoint.input]
      for (let j = 0; j < count; j++) result.fromOutput[j][at] = values[adjoint.states[j]]
      for (let k = 0; k < count; k++) {
        gradients.fill(0)
        gradients[k] = 1
        backward(values, 0, gradients)
        result.toInput[k][at] = values[adjoint.input]
        for (let j = 0; j < count; j++) result.between[k][j][at] = values[adjoint.states[j]]
      }
    }
  }
  return { T, M, states: program.states.map(({ name }) => name), ...result }
}
