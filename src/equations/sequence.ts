import { ShapeError } from '../base/index.ts'
import { compileAdjoint, compileForward, type EvaluateOptions } from './evaluate.ts'
import type { LearnableParameter, Neuron } from './program.ts'
import { checkTruncation, lastStepReached, type Truncation } from './truncation.ts'

/** A run of M independent neurons over T steps. */
export interface SequenceOptions extends EvaluateOptions {
  readonly T: number
  /**
   * By name; what is left out has its start value. Sizes: layer [1], channel [C], step [T], stepChannel [T, C], where
   * neuron i belongs to channel i % C.
   */
  readonly parameters?: { readonly [name: string]: ArrayLike<number> }
  /** States before the first step by name, each [M]; what is left out is fresh. */
  readonly states?: { readonly [name: string]: ArrayLike<number> }
}

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
  const run = prepare(neuron, x, options)
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
  const run = prepare(neuron, x, options)
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

/** Runs neuron i forward and keeps its states as each step finds them, [T, states]. */
function keepStates(run: Run, i: number, kept: Float64Array): void {
  run.start(i)
  for (let t = 0; t < run.T; t++) {
    kept.set(run.states, t * run.states.length)
    run.forward(t, i)
    run.advance()
  }
}

type Run = ReturnType<typeof prepare>

/** Buffers and a forward step for a run of M neurons. */
function prepare(neuron: Neuron, x: ArrayLike<number>, options: SequenceOptions) {
  const { program, adjoint } = neuron
  const { T } = options
  if (!Number.isInteger(T) || T < 1 || x.length % T !== 0)
    throw new ShapeError({
      what: `the input of neuron '${neuron.name}' has ${x.length} values`,
      expected: `a multiple of T = ${T}, a whole number of steps above 0`,
      next: 'pass x as [T, M], time first',
    })
  const M = x.length / T
  const values = new Float64Array(program.instructions.length + adjoint.instructions.length)
  const states = new Float64Array(program.states.length)
  const parameters = program.parameters.map((parameter) => parameterValues(parameter, options))
  const offsets = program.parameters.map(({ scope }, k) => offsetIn(scope, parameters[k].length, T))
  const current = new Float64Array(parameters.length)
  const given = perState(neuron, options.states ?? {}, M, 'states')
  const step = compileForward(program, options)
  const start = (i: number) => {
    for (let k = 0; k < states.length; k++) states[k] = given[k]?.[i] ?? program.states[k].start
  }
  const forward = (t: number, i: number) => {
    for (let k = 0; k < current.length; k++) current[k] = parameters[k][offsets[k](t, i)]
    step(values, x[t * M + i], states, current)
  }
  const advance = () => {
    for (let k = 0; k < states.length; k++) states[k] = values[program.states[k].next]
  }
  const parameterAt = (k: number, t: number, i: number) => offsets[k](t, i)
  return { T, M, values, states, parameters, start, forward, advance, parameterAt }
}

type Offset = (t: number, i: number) => number

function offsetIn(scope: LearnableParameter['scope'], length: number, T: number): Offset {
  switch (scope) {
    case 'layer':
      return () => 0
    case 'step':
      return (t) => t
    case 'channel':
      return (_, i) => i % length
    case 'stepChannel':
      return (t, i) => (t * length) / T + (i % (length / T))
  }
}

function parameterValues({ name, scope, start }: LearnableParameter, options: SequenceOptions): Float64Array {
  const { T, parameters = {} } = options
  const least = scope === 'step' || scope === 'stepChannel' ? T : 1
  if (!Object.hasOwn(parameters, name)) return new Float64Array(least).fill(start(T))
  const values = Float64Array.from(parameters[name])
  const fits =
    scope === 'layer' || scope === 'step' ? values.length === least : values.length > 0 && values.length % least === 0
  if (fits) return values
  throw new ShapeError({
    what: `parameter '${name}' has ${values.length} values`,
    expected: { layer: '1', step: `T = ${T}`, channel: 'one per channel', stepChannel: `[T, C] with T = ${T}` }[scope],
    next: `its scope is '${scope}'`,
  })
}

function perState(neuron: Neuron, given: { readonly [name: string]: ArrayLike<number> }, M: number, what: string) {
  const names = neuron.program.states.map(({ name }) => name)
  for (const name of Object.keys(given)) {
    if (!names.includes(name))
      throw new ShapeError({
        what: `neuron '${neuron.name}' has no state '${name}'`,
        expected: names.join(', ') || 'no state at all',
        next: `check the names in ${what}`,
      })
    checkSize(`${what}: '${name}'`, given[name].length, M)
  }
  return names.map((name) => (Object.hasOwn(given, name) ? given[name] : undefined))
}

function checkSize(what: string, got: number, expected: number): void {
  if (got !== expected)
    throw new ShapeError({
      what: `${what} has the wrong size`,
      expected: `${expected} values`,
      got: `${got}`,
      next: 'pass [T, M], time first',
    })
}

function byName(named: readonly { readonly name: string }[], values: readonly Float64Array[]) {
  return Object.fromEntries(named.map(({ name }, k) => [name, values[k]]))
}
