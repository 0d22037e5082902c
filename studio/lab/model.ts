import { surrogateCurves } from 'spikelet/analysis'
import { defineNeuron, type Neuron, type NeuronDefinition, type NeuronOptions } from 'spikelet/browser'
import { neurons } from 'spikelet/neurons'

/** A neuron as the laboratory holds it: text, and numbers that sliders move. */
export interface LabNeuron {
  readonly name: string
  readonly equations: string
  readonly constants: { readonly [name: string]: number }
  /** Learnable parameters, by where they start. */
  readonly starts: { readonly [name: string]: number }
  /** What of its definition no field shows: scopes and bounds of parameters, starts of states, the kind of mixing. */
  readonly rest: Partial<NeuronDefinition>
  readonly surrogate: string
  readonly alpha: number | null
  readonly reset: 'soft' | 'hard' | 'late' | 'none'
  readonly detachReset: boolean
  readonly decayInput: boolean
}

/** What drives neurons. */
export interface LabInput {
  readonly kind: 'constant' | 'poisson' | 'ramp' | 'drawn'
  /** Current, or strength of a spike, or the ramp's end. */
  readonly strength: number
  /** Of Poisson spikes. */
  readonly rate: number
  readonly seed: number
  /** Of a drawn input, by step. */
  readonly values: readonly number[]
}

export interface Lab {
  readonly T: number
  readonly input: LabInput
  readonly neurons: readonly LabNeuron[]
  /** Which of them is edited. */
  readonly chosen: number
}

export const mostNeurons = 3
export const mostSteps = 200

const definitions: { readonly [name: string]: NeuronDefinition } = Object.fromEntries(
  Object.entries(neurons).flatMap(([name, make]) => {
    const { definition } = make as { readonly definition?: NeuronDefinition }
    return definition ? [[name, definition]] : []
  }),
)

export const surrogateNames: readonly string[] = surrogateCurves().curves.map(({ name }) => name)

/** Neurons to start from. */
export const zooNames: readonly string[] = Object.keys(definitions)

const fallback: LabNeuron = {
  name: 'mine',
  equations: 'u = 0.5 * u + x\ns = spike(u - 1)',
  constants: {},
  starts: {},
  rest: {},
  surrogate: 'rectangle',
  alpha: null,
  reset: 'soft',
  detachReset: false,
  decayInput: false,
}

/** A published neuron, as its definition says. */
export function fromZoo(name: string): LabNeuron {
  const definition = definitions[name]
  if (!definition) return fallback
  const {
    equations,
    constants = {},
    learnable = {},
    surrogate,
    alpha,
    reset,
    detachReset,
    decayInput,
    ...others
  } = definition
  const { name: _, paper: __, ...rest } = others
  const starts: { [name: string]: number } = {}
  const scopes: { [name: string]: NonNullable<NeuronDefinition['learnable']>[string] } = {}
  for (const [parameter, given] of Object.entries(learnable)) {
    const start = typeof given === 'object' && 'start' in given ? given.start : given
    if (typeof start === 'number') starts[parameter] = start
    scopes[parameter] = given
  }
  return {
    name,
    equations: dedented(equations),
    constants,
    starts,
    rest: { ...rest, learnable: scopes },
    surrogate: typeof surrogate === 'string' ? surrogate : (surrogate?.name ?? 'rectangle'),
    alpha: alpha ?? null,
    reset: typeof reset === 'string' ? reset : 'soft',
    detachReset: detachReset ?? false,
    decayInput: decayInput ?? false,
  }
}

/** Text without the blank lines around it and without common indentation. */
export function dedented(text: string): string {
  const lines = text.split('\n')
  while (lines.length > 0 && lines[0].trim() === '') lines.shift()
  while (lines.length > 0 && lines[lines.length - 1].trim() === '') lines.pop()
  const margin = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)![0].length))
  return lines.map((line) => line.slice(margin)).join('\n')
}

/** The definition that the laboratory shows, as a program or a file would write it. */
export function definitionOf(neuron: LabNeuron): NeuronDefinition {
  const { rest, starts, constants, name, equations } = neuron
  const learnable = Object.fromEntries(
    Object.entries({ ...rest.learnable, ...starts }).map(([parameter]) => {
      const given = rest.learnable?.[parameter]
      const start = starts[parameter]
      if (start === undefined) return [parameter, given ?? 0]
      return [parameter, typeof given === 'object' && 'start' in given ? { ...given, start } : start]
    }),
  )
  return { ...rest, name: name.trim() || 'mine', equations, constants, learnable }
}

/** The options beside it; those that its equations cannot take are left out. */
export function optionsOf({ equations, surrogate, alpha, reset, detachReset, decayInput }: LabNeuron): NeuronOptions {
  const spikes = /\bspike\s*\(/.test(equations)
  const resets = /^\s*reset\s*\(/m.test(equations)
  return {
    ...(spikes ? { surrogate, ...(alpha === null ? {} : { alpha }) } : {}),
    ...(resets ? { reset, ...(reset === 'none' ? {} : { detachReset }) } : {}),
    ...(/\binput\s*\(/.test(equations) ? { decayInput } : {}),
  } as NeuronOptions
}

/** @throws EquationError or UsageError as `defineNeuron` does */
export function made(neuron: LabNeuron): Neuron {
  return (defineNeuron(definitionOf(neuron)) as (options: NeuronOptions) => Neuron)(optionsOf(neuron))
}

export function firstLab(): Lab {
  const input: LabInput = { kind: 'poisson', strength: 0.7, rate: 0.5, seed: 2, values: [] }
  return { T: 48, input, neurons: [fromZoo('lif'), fromZoo('clif')], chosen: 1 }
}

/** A state that came with an address, as far as it is one. */
export function labOf(value: unknown): Lab | null {
  const first = firstLab()
  if (typeof value !== 'object' || value === null) return null
  const { T, input, neurons: given, chosen } = value as Partial<Lab>
  if (!Array.isArray(given) || given.length === 0) return null
  const texts = given.slice(0, mostNeurons).filter((one) => typeof one?.equations === 'string')
  if (texts.length === 0) return null
  return {
    T: clamped(T, 1, mostSteps, first.T),
    input: { ...first.input, ...(typeof input === 'object' ? input : {}) },
    neurons: texts.map((one) => ({ ...fallback, ...one })),
    chosen: clamped(chosen, 0, texts.length - 1, 0),
  }
}

function clamped(value: unknown, least: number, most: number, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value)
    ? Math.round(Math.min(most, Math.max(least, value)))
    : otherwise
}
