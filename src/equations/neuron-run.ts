import { Random, ShapeError } from '../base/index.ts'
import { compileForward, type EvaluateOptions } from './evaluate.ts'
import { type NoiseRun, noiseKeys, noisePlaces, noiseValue } from './noise.ts'
import type { LearnableParameter, Neuron } from './program.ts'
import { hasChannels, hasSteps } from './scopes.ts'

/** A run of M independent neurons over T steps. */
export interface SequenceOptions extends EvaluateOptions {
  readonly T: number
  /**
   * By name; what is left out has its start value. Sizes: layer [1], channel [C], step [T], stepChannel [T, C], where
   * neuron i belongs to channel i % C; neuron [P], where neuron i has value i % P.
   */
  readonly parameters?: { readonly [name: string]: ArrayLike<number> }
  /** Names the numbers that random starts draw. Default 1. */
  readonly seed?: number
  /** Which numbers `noise()` draws; left out or null: 0. */
  readonly noise?: NoiseRun | null
  /** States before the first step by name, each [M]; what is left out is fresh. */
  readonly states?: { readonly [name: string]: ArrayLike<number> }
}

/** Runs neuron i forward and keeps its states as each step finds them, [T, states]. */
export function keepStates(run: Run, i: number, kept: Float64Array): void {
  run.start(i)
  for (let t = 0; t < run.T; t++) {
    kept.set(run.states, t * run.states.length)
    run.forward(t, i)
    run.advance()
  }
}

export type Run = ReturnType<typeof neuronRun>

/** Buffers and a forward step for a run of M neurons. */
export function neuronRun(neuron: Neuron, x: ArrayLike<number>, options: SequenceOptions) {
  const { program, adjoint } = neuron
  const { T } = options
  if (!Number.isInteger(T) || T < 1 || x.length % T !== 0)
    throw new ShapeError({
      what: `the input of neuron '${neuron.name}' has ${x.length} values`,
      expected: `a multiple of T = ${T}, a whole number of steps above 0`,
      next: 'Pass x as [T, M], time first.',
    })
  const M = x.length / T
  const values = new Float64Array(program.instructions.length + adjoint.instructions.length)
  const states = new Float64Array(program.states.length)
  const parameters = program.parameters.map((parameter) => parameterValues(parameter, M, options))
  const offsets = program.parameters.map(({ scope }, k) => offsetIn(scope, parameters[k].length, T))
  const current = new Float64Array(parameters.length)
  const given = perState(neuron, options.states ?? {}, M, 'states')
  const step = compileForward(program, options)
  const start = (i: number) => {
    for (let k = 0; k < states.length; k++) states[k] = given[k]?.[i] ?? program.states[k].start
  }
  const drawn = new Float64Array(noisePlaces(program.instructions))
  const draw = drawing(drawn, T, options.noise ?? null)
  const forward = (t: number, i: number) => {
    for (let k = 0; k < current.length; k++) current[k] = parameters[k][offsets[k](t, i)]
    draw(t, i)
    step(values, x[t * M + i], states, current, drawn)
  }
  const advance = () => {
    for (let k = 0; k < states.length; k++) states[k] = values[program.states[k].next]
  }
  const parameterAt = (k: number, t: number, i: number) => offsets[k](t, i)
  return { T, M, values, states, parameters, start, forward, advance, parameterAt }
}

/** Fills the random numbers of a step of a neuron; leaves them 0 where nothing is to be drawn. */
function drawing(drawn: Float64Array, T: number, noise: NoiseRun | null): (t: number, i: number) => void {
  const places = drawn.length
  if (!noise || places === 0) return () => {}
  const keys = Array.from({ length: T * places }, (_, k) =>
    noiseKeys(noise, Math.floor(k / places), k % places, places),
  )
  return (t, i) => {
    for (let k = 0; k < places; k++) drawn[k] = noiseValue(keys[t * places + k], i)
  }
}

type Offset = (t: number, i: number) => number

function offsetIn(scope: LearnableParameter['scope'], length: number, T: number): Offset {
  switch (scope) {
    case 'layer':
      return () => 0
    case 'step':
      return (t) => t
    case 'channel':
    case 'neuron':
      return (_, i) => i % length
    case 'stepChannel':
      return (t, i) => (t * length) / T + (i % (length / T))
  }
}

function parameterValues(parameter: LearnableParameter, M: number, options: SequenceOptions): Float64Array {
  const { name, scope } = parameter
  const { T, parameters = {}, seed = 1 } = options
  const least = hasSteps(parameter) ? T : 1
  if (!Object.hasOwn(parameters, name))
    return parameter.draw(T, scope === 'neuron' ? M : least, new Random(seed).fork(name))
  const values = Float64Array.from(parameters[name])
  const whole = hasChannels(parameter) && values.length > 0 && values.length % least === 0
  const fits = scope === 'neuron' ? M % values.length === 0 : hasChannels(parameter) ? whole : values.length === least
  if (fits) return values
  throw new ShapeError({
    what: `parameter '${name}' has ${values.length} values`,
    expected: {
      layer: '1',
      step: `T = ${T}`,
      channel: 'one per channel',
      neuron: `one per neuron, a divisor of ${M}`,
      stepChannel: `[T, C] with T = ${T}`,
    }[scope],
    next: `Its scope is '${scope}'.`,
  })
}

export function perState(
  neuron: Neuron,
  given: { readonly [name: string]: ArrayLike<number> },
  M: number,
  what: string,
) {
  const names = neuron.program.states.map(({ name }) => name)
  for (const name of Object.keys(given)) {
    if (!names.includes(name))
      throw new ShapeError({
        what: `neuron '${neuron.name}' has no state '${name}'`,
        expected: names.join(', ') || 'no state at all',
        next: `Check the names in ${what}.`,
      })
    checkSize(`${what}: '${name}'`, given[name].length, M)
  }
  return names.map((name) => (Object.hasOwn(given, name) ? given[name] : undefined))
}

export function checkSize(what: string, got: number, expected: number): void {
  if (got !== expected)
    throw new ShapeError({
      what: `${what} has the wrong size`,
      expected: `${expected} values`,
      got: `${got}`,
      next: 'Pass [T, M], time first.',
    })
}

export function byName(named: readonly { readonly name: string }[], values: readonly Float64Array[]) {
  return Object.fromEntries(named.map(({ name }, k) => [name, values[k]]))
}
