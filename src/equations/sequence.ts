import { compileAdjoint } from './evaluate.ts'
import { byName, checkSize, keepStates, neuronRun, perState, type SequenceOptions } from './neuron-run.ts'
import type { Neuron } from './program.ts'
import { checkTruncation, lastStepReached, type Truncation } from './truncation.ts'

export type { SequenceOptions }

/** What a run gave. */
export interface SequenceValues {
  /** [T, M] */
  readonly s: Float64Array
  /** Every observable by name, [T, M]: `u#1`, `u#2`, `u`... */
  readonly observed: { readonly [name: string]: Float64Array }
  /** States after the last step by name, each [M]. */
  readonly states: { readonly [name: string]: Float64Array }
}

/** Gradients of a loss over a run. */
export interface SequenceGradients {
  /** [T, M] */
  readonly input: Float64Array
  /** By name, each of its parameter's size. */
  readonly parameters: { readonly [name: string]: Float64Array }
  /** With respect to the states before the first step, each [M]. */
  readonly states: { readonly [name: string]: Float64Array }
}

/**
 * Runs M neurons over T steps in float64.
 * @param x input current, [T, M]
 * @throws ShapeError where sizes do not fit
 */
export function evaluate(neuron: Neuron, x: ArrayLike<number>, options: SequenceOptions): SequenceValues {
  const run = neuronRun(neuron, x, options)
  const { program } = neuron
  const { T, M, values } = run
  const s = new Float64Array(T * M)
  const observed = program.observables.map(({ name, value }) => ({ name, value, of: new Float64Array(T * M) }))
  const after = program.states.map(() => new Float64Array(M))
  for (let i = 0; i < M; i++) {
    run.start(i)
    for (let t = 0; t < T; t++) {
      run.forward(t, i)
      const at = t * M + i
      s[at] = values[program.output]
      for (const { value, of } of observed) of[at] = values[value]
      run.advance()
    }
    run.states.forEach((value, k) => {
      after[k][i] = value
    })
  }
  return {
    s,
    observed: Object.fromEntries(observed.map(({ name, of }) => [name, of])),
    states: byName(program.states, after),
  }
}

/** What flows into the end of a run. */
export interface GradientOptions extends SequenceOptions {
  /** dL/d(states after the last step) by name, each [M]; what is left out is 0. */
  readonly stateGradients?: { readonly [name: string]: ArrayLike<number> }
  /** How far back gradients travel; null or left out: all the way. */
  readonly truncation?: Truncation | null
}

/**
 * Gradients through time of a run of M neurons over T steps, in float64.
 * @param x input current, [T, M]
 * @param outputGradient dL/ds, [T, M]
 * @throws ShapeError where sizes do not fit
 */
export function evaluateGradient(
  neuron: Neuron,
  x: ArrayLike<number>,
  outputGradient: ArrayLike<number>,
  options: GradientOptions,
): SequenceGradients {
  const { program, adjoint } = neuron
  const run = neuronRun(neuron, x, options)
  const { T, M, values } = run
  checkSize('the output gradient', outputGradient.length, T * M)
  const { truncation = null } = options
  if (truncation) checkTruncation(truncation)
  const backward = compileAdjoint(program, adjoint)
  const input = new Float64Array(T * M)
  const parameters = run.parameters.map(({ length }) => new Float64Array(length))
  const before = program.states.map(() => new Float64Array(M))
  const given = perState(neuron, options.stateGradients ?? {}, M, 'stateGradients')
  const gradients = new Float64Array(program.states.length)
  const kept = new Float64Array(T * gradients.length)
  const back = (t: number, i: number) => {
    run.states.set(kept.subarray(t * gradients.length, (t + 1) * gradients.length))
    run.forward(t, i)
    backward(values, outputGradient[t * M + i], gradients)
    for (let k = 0; k < gradients.length; k++) gradients[k] = values[adjoint.states[k]]
  }
  for (let i = 0; i < M; i++) {
    keepStates(run, i, kept)
    let reached = -1
    for (let t = T - 1; t >= 0; t--) {
      const last = lastStepReached(t, T, truncation)
      if (last !== reached) {
        for (let k = 0; k < gradients.length; k++) gradients[k] = last === T - 1 ? (given[k]?.[i] ?? 0) : 0
        for (let later = last; later > t; later--) back(later, i)
        reached = last
      }
      back(t, i)
      input[t * M + i] = values[adjoint.input]
      for (let k = 0; k < parameters.length; k++)
        parameters[k][run.parameterAt(k, t, i)] += values[adjoint.parameters[k]]
    }
    for (let k = 0; k < gradients.length; k++) before[k][i] = gradients[k]
  }
  return { input, parameters: byName(program.parameters, parameters), states: byName(program.states, before) }
}
