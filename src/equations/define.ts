import { nearestName, UsageError } from '../base/index.ts'
import { differentiate } from './adjoint.ts'
import { checkNames, checkOperations } from './bounds.ts'
import { compile, type LearnableDefinition, type LearnableOption, learnableParts } from './compile.ts'
import { dedent, expandMarkers, type Markers, type Reset } from './fragments.ts'
import { within } from './place.ts'
import type { Neuron, NeuronConfig, NoiseTime, Program, Surrogate, TemporalMixing } from './program.ts'
import type { Start } from './starts.ts'
import { type SurrogateChoice, surrogateOf } from './surrogates.ts'

/** Options that all neurons share; a neuron that cannot take one refuses it. */
export interface SharedOptions {
  /** Stands in for the derivative of spike. Default: rectangle. */
  readonly surrogate?: SurrogateChoice
  /** The surrogate's sharpness. */
  readonly alpha?: number
  /** Default: soft. */
  readonly reset?: Reset
  /** No gradient through s in the reset line. Default: false. */
  readonly detachReset?: boolean
  /** The input decays, x / tau. Default: false. */
  readonly decayInput?: boolean
  /** What the potential leaks towards, and starts from. Default: 0. */
  readonly leak?: number
  /** When `noise()` is drawn: in training alone, or always. Default: training; it is 0 otherwise. */
  readonly noise?: NoiseTime
  /** Values before the first step: numbers, or expressions in the constants. */
  readonly state?: { readonly [name: string]: Start }
}

/** A neuron as its author writes it. */
export interface NeuronDefinition extends SharedOptions {
  readonly name: string
  /** One assignment per line; `reset(u)` and `input(x / tau)` stand for the shared fragments. */
  readonly equations: string
  readonly constants?: { readonly [name: string]: number }
  readonly learnable?: { readonly [name: string]: LearnableDefinition }
  /**
   * A learned linear map over time in front of equations without state: over all steps (`full`), over the k latest
   * (`masked`), or over the k latest with weights that all steps share (`sliding`). k is the constant of that name.
   */
  readonly temporal?: TemporalMixing['kind']
  /** Where it was published. */
  readonly paper?: string
}

/** Shared options, constants and learnable parameters by name. */
export type NeuronOptions = SharedOptions & { readonly [name: string]: unknown }

type NamesOf<Names> = Names extends object ? keyof Names & string : never

/** The options of one definition: those shared, its constants, its learnable parameters. */
export type OptionsOf<D extends NeuronDefinition> = NeuronDefinition extends D
  ? NeuronOptions
  : SharedOptions & { readonly [name in NamesOf<D['constants']>]?: number } & {
      readonly [name in NamesOf<D['learnable']>]?: LearnableOption
    }

/** Makes a neuron; every option has a default. */
export interface NeuronFactory<D extends NeuronDefinition = NeuronDefinition> {
  (options?: OptionsOf<D>): Neuron
  readonly definition: D
}

/**
 * A neuron from its equations: gradient and kernels are derived.
 * @returns a factory whose options override constants, learnable starts and the shared options
 * @throws EquationError for a mistake in the equations, UsageError for one in the options
 */
export function defineNeuron<const D extends NeuronDefinition>(definition: D): NeuronFactory<D> {
  build(definition, {})
  return Object.assign((options?: OptionsOf<D>) => build(definition, { ...options }, { ...definition }), { definition })
}

/** Like `defineNeuron`, for neurons that the registry knows: their configuration is their name and options alone. */
export function publishedNeuron<const D extends NeuronDefinition>(definition: D): NeuronFactory<D> {
  return Object.assign((options?: OptionsOf<D>) => build(definition, { ...options }), { definition })
}

const sharedDefaults = { surrogate: 'rectangle', reset: 'soft', detachReset: false, decayInput: false } as const
const sharedNames = ['surrogate', 'alpha', 'reset', 'detachReset', 'decayInput', 'leak', 'noise', 'state'] as const
const definitionNames = ['name', 'equations', 'constants', 'learnable', 'temporal', 'paper', ...sharedNames] as const

function build(definition: NeuronDefinition, given: NeuronOptions, remembered?: NeuronDefinition): Neuron {
  checkDefinition(definition)
  const options = withoutUndefined(given)
  return within(`neuron '${definition.name}'`, () => {
    const source = expandedSource(definition, options)
    const { program, warnings } = compile(source)
    checkOperations(program)
    const adjoint = differentiate(program, source.surrogate)
    checkOperations(program, adjoint)
    const temporal = temporalOf(definition.temporal, source.constants.k, program)
    return {
      name: definition.name,
      equations: source.shown,
      program,
      adjoint,
      config: configOf(definition.name, options, remembered),
      ...(temporal === undefined ? {} : { temporal }),
      constants: source.constants,
      surrogate: source.surrogate,
      warnings,
      noise: noiseOf(options.noise ?? definition.noise),
      ...(definition.paper === undefined ? {} : { paper: definition.paper }),
    }
  })
}

function configOf(neuron: string, options: NeuronOptions, definition: NeuronDefinition | undefined): NeuronConfig {
  if (definition === undefined) return structuredClone({ neuron, options })
  return structuredClone({ neuron, options, definition: { ...(definition as object) } })
}

/** Equations with fragments put in, and the names with the options' values. */
function expandedSource(definition: NeuronDefinition, options: NeuronOptions) {
  const shared = { ...sharedDefaults, ...pick(definition, sharedNames), ...pick(options, sharedNames) } as SharedOptions
  const { reset = 'soft', detachReset = false, decayInput = false } = shared
  const leak = leakOf(shared, definition)
  const fragments = { reset, detachReset, decayInput, leak }
  const written = dedent(definition.equations)
  const { text, statements, markers } = expandMarkers(written, fragments)
  checkOptions(definition, options, markers)
  const { constants = {}, learnable = {} } = definition
  return {
    /** For people: with the fragments put in. */
    shown: text.trimEnd(),
    equations: written,
    statements,
    constants: { ...constants, ...pick(options, Object.keys(constants)) } as { [name: string]: number },
    learnable: overriddenLearnable(learnable, options),
    state: { ...leakStarts(markers, leak), ...definition.state, ...options.state },
    surrogate: chosenSurrogate(definition, options),
    alsoRead: definition.temporal === undefined || definition.temporal === 'full' ? [] : ['k'],
  }
}

function noiseOf(given: NoiseTime = 'training'): NoiseTime {
  if (given === 'training' || given === 'always') return given
  throw new UsageError({
    what: `noise cannot be drawn '${String(given)}'`,
    expected: "'training' or 'always'",
    next: "Write for example noise: 'always'.",
  })
}

/** A neuron of its author's may have a constant of this name. */
function leakOf({ leak = 0 }: SharedOptions, definition: NeuronDefinition): number {
  if (ownNames(definition).includes('leak')) return 0
  if (Number.isFinite(leak)) return leak
  throw new UsageError({
    what: 'a potential leaks towards a number',
    expected: 'such as leak: -0.1',
    got: String(leak),
  })
}

function leakStarts({ leaks }: Markers, leak: number): { [name: string]: Start } {
  return leak === 0 ? {} : Object.fromEntries(leaks.map((name) => [name, leak]))
}

const temporalKinds = ['full', 'masked', 'sliding']

function temporalOf(kind: TemporalMixing['kind'] | undefined, k: number | undefined, program: Program) {
  if (kind === undefined) return undefined
  if (!temporalKinds.includes(kind))
    throw new UsageError({
      what: `there is no linear map over time of the kind '${String(kind)}'`,
      expected: temporalKinds.join(', '),
      next: "Write for example temporal: 'full'.",
    })
  if (program.states.length > 0)
    throw new UsageError({
      what: `a neuron with a linear map over time has the state '${program.states[0].name}'`,
      expected: 'equations without state',
      next: "Leave out 'temporal', or the state.",
    })
  if (kind === 'full') return { kind }
  if (k === undefined || !Number.isSafeInteger(k) || k < 1)
    throw new UsageError({
      what: `a ${kind} map over time needs the number of its latest inputs`,
      expected: 'the constant k, a whole number, 1 or more',
      got: String(k),
      next: 'Write for example constants: { k: 2 }.',
    })
  return { kind, k }
}

function chosenSurrogate(definition: NeuronDefinition, options: NeuronOptions): Surrogate {
  if (options.surrogate !== undefined) return surrogateOf(options.surrogate, options.alpha)
  return surrogateOf(definition.surrogate ?? sharedDefaults.surrogate, options.alpha ?? definition.alpha)
}

/** Overridden starts keep the definition's scope where the option gives none, and the other way round. */
function overriddenLearnable(learnable: { readonly [name: string]: LearnableDefinition }, options: NeuronOptions) {
  const merged: { [name: string]: LearnableDefinition } = {}
  for (const [name, definition] of Object.entries(learnable)) {
    const option = Object.hasOwn(options, name) ? learnableParts(options[name] as LearnableDefinition) : {}
    merged[name] = { ...learnableParts(definition), ...option }
  }
  return merged
}

function ownNames({ constants = {}, learnable = {} }: NeuronDefinition): string[] {
  return [...Object.keys(constants), ...Object.keys(learnable)]
}

function checkOptions(definition: NeuronDefinition, options: NeuronOptions, markers: Markers): void {
  const own = ownNames(definition)
  for (const name of Object.keys(options)) {
    if (own.includes(name)) continue
    const reason = (sharedNames as readonly string[]).includes(name)
      ? refusal(name, definition, options, markers)
      : 'it has no such name'
    if (reason === undefined) continue
    const known = [
      ...own,
      ...sharedNames.filter((shared) => refusal(shared, definition, options, markers) === undefined),
    ]
    const near = nearestName(name, known)
    throw new UsageError({
      what: `neuron '${definition.name}' cannot take the option '${name}': ${reason}`,
      next: `${near === undefined ? '' : `did you mean '${near}'? `}options here: ${[...known].sort().join(', ')}`,
    })
  }
}

/** Why a neuron cannot take a shared option, or undefined where it can. */
function refusal(name: string, { equations }: NeuronDefinition, options: NeuronOptions, markers: Markers) {
  if (name === 'reset' || name === 'detachReset') {
    if (!markers.reset) return 'its equations have no reset(u) line'
    if (name === 'detachReset' && options.reset === 'none') return 'it has no reset to detach'
  }
  if (name === 'leak' && markers.leaks.length === 0) return 'its equations have no leak(...)'
  if (name === 'decayInput' && !markers.input) return 'its equations have no input(...) to decay'
  if (name === 'noise' && !/\bnoise\s*\(/.test(equations)) return 'its equations have no noise()'
  if ((name === 'surrogate' || name === 'alpha') && !/\bspike\s*\(/.test(equations))
    return 'its equations have no spike'
  return undefined
}

function checkDefinition(definition: NeuronDefinition): void {
  const { name, equations } = definition
  if (typeof name !== 'string' || name === '' || typeof equations !== 'string')
    throw new UsageError({
      what: 'a neuron needs a name and equations, both text',
      next: "Write defineNeuron({ name: 'mine', equations: `...` }).",
    })
  checkNames(
    [definition.constants, definition.learnable, definition.state].flatMap((of) => Object.keys(of ?? {})).length,
  )
  for (const key of Object.keys(definition)) {
    if ((definitionNames as readonly string[]).includes(key)) continue
    const near = nearestName(key, definitionNames)
    throw new UsageError({
      what: `neuron '${name}': a definition has no '${key}'`,
      next: `${near === undefined ? '' : `did you mean '${near}'? `}known: ${definitionNames.join(', ')}`,
    })
  }
  for (const own of ownNames(definition))
    if (own !== 'leak' && (sharedNames as readonly string[]).includes(own))
      throw new UsageError({
        what: `neuron '${name}': '${own}' is the name of a shared option`,
        next: 'Choose another name.',
      })
}

function pick(from: object, names: readonly string[]): { [name: string]: unknown } {
  return Object.fromEntries(Object.entries(from).filter(([name, value]) => names.includes(name) && value !== undefined))
}

function withoutUndefined(options: NeuronOptions): NeuronOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
