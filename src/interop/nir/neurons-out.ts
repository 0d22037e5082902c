import { type Shape, sizeOf } from '../../base/index.ts'
import type { Neuron } from '../../equations/index.ts'
import type { Network } from '../../nn/index.ts'
import { type Gain, isPowerOfTwo } from './fold.ts'
import type { NirArray, NirLabel, NirNode, NirType } from './graph.ts'
import { recognised } from './recognise.ts'
import { belowFloat32, Refusal } from './values.ts'
import { numbers } from './write-nir.ts'

/** Neurons of one layer, to be written as a node. */
export interface NeuronsOut {
  readonly neuron: Neuron
  /** The layer's name: its learned parameters stand below it. */
  readonly path: string
  readonly network: Network
  /** Of a frame, as NIR orders it. */
  readonly shape: Shape
  readonly dt: number
}

export interface NodeOut {
  readonly node: NirNode
  readonly label: Omit<NirLabel, 'node' | 'type'>
  /** What has to happen to the input, so that the node means the same. */
  readonly gain?: Gain
}

type Options = { readonly [name: string]: unknown }

const faithful: NodeOut['label'] = { label: 'faithful', why: '' }

/** A number for every neuron. */
function everywhere(value: number | ArrayLike<number>, { shape }: NeuronsOut): NirArray {
  if (typeof value === 'number') return numbers(new Float64Array(sizeOf(shape)).fill(value), shape)
  const within = sizeOf(shape) / shape[0]
  const spread = Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
    value.length === 1 ? value[0] : value[Math.floor(i / within)],
  )
  return numbers(spread, shape)
}

function node(type: NirType, out: NeuronsOut, fields: Record<string, number | ArrayLike<number>>): NirNode {
  const entries = Object.entries(fields).map(([name, value]) => [name, everywhere(value, out)] as const)
  return { type, fields: new Map(entries) }
}

/** A constant or learned parameter of a neuron, or a number as its equations write it. */
function parameterOf({ neuron, network, path }: NeuronsOut, name: string, absent: number): number | ArrayLike<number> {
  const learned = neuron.program.parameters.find((parameter) => parameter.name === name)
  if (learned) {
    if (learned.scope !== 'layer' && learned.scope !== 'channel') {
      throw new Refusal(`its parameter '${name}' differs from step to step`)
    }
    return network.parameter(path === '' ? name : `${path}.${name}`).values
  }
  const { options, definition } = neuron.config as { options: Options; definition?: { constants?: Options } }
  const value = options[name] ?? definition?.constants?.[name] ?? (Number.isNaN(Number(name)) ? absent : Number(name))
  if (typeof value === 'number') return value
  throw new Refusal(`its parameter '${name}' is no number`)
}

function mapped(value: number | ArrayLike<number>, change: (x: number) => number): number | Float64Array {
  return typeof value === 'number' ? change(value) : Float64Array.from(value, change)
}

/** What a reset does that sets no value, as it is written beside the node. */
type Subtracts = 'subtract' | 'subtract late' | null

const unlikeNir = (subtracts: Subtracts): NodeOut['label'] =>
  subtracts === null
    ? faithful
    : {
        label: 'approximate',
        why: `its reset subtracts the threshold${subtracts === 'subtract' ? '' : ' one step later'}; NIR can only set a value`,
      }

/** What a hard reset sets, and what has to be said of other resets. */
function resetOf({ neuron }: NeuronsOut): { value: number; label: NodeOut['label']; subtracts: Subtracts } {
  const { reset = 'soft', detachReset: _ } = neuron.config.options as Options
  if (reset === 'none') throw new Refusal('it is never reset, and the neurons of NIR that spike are')
  if (reset === 'soft' || reset === 'late') {
    const subtracts = reset === 'soft' ? 'subtract' : 'subtract late'
    return { value: 0, label: unlikeNir(subtracts), subtracts }
  }
  const value = reset === 'hard' ? 0 : (reset as { hard?: unknown }).hard
  if (typeof value !== 'number') throw new Refusal(`its reset ${JSON.stringify(reset)} sets no value`)
  return { value, label: faithful, subtracts: null }
}

/** Marks a reset that subtracts beside the node, so that Spikelet reads it back as one. */
function marked(described: NirNode, subtracts: Subtracts): NirNode {
  return subtracts === null ? described : { ...described, metadata: { reset: subtracts } }
}

function decays({ neuron }: NeuronsOut): boolean {
  return (neuron.config.options as Options).decayInput === true
}

interface LeakyOut {
  /** In steps. */
  readonly tau: number | ArrayLike<number>
  readonly threshold: number | ArrayLike<number>
  readonly reset: number | ArrayLike<number>
  readonly rest: number
  readonly decayInput: boolean
  readonly subtracts: Subtracts
}

/**
 * u = (1 - 1/tau) u + x / tau, or + x where the input does not decay. Others read a resistance other than 1 as 1, or not
 * at all: then x / tau stands there, and the input has to be tau times as large; or the potential counts in units of tau.
 */
function leaky(out: NeuronsOut, { tau, threshold, reset, rest, decayInput, subtracts }: LeakyOut) {
  const by = (value: number | ArrayLike<number>, factor: number | ArrayLike<number>) => divided(value, factor, out)
  const within = (factor: number | ArrayLike<number>) =>
    marked(
      node('LIF', out, {
        tau: mapped(tau, (steps) => steps * out.dt),
        r: 1,
        v_leak: by(rest, factor),
        v_threshold: mapped(by(threshold, factor), belowFloat32),
        v_reset: by(reset, factor),
      }),
      subtracts,
    )
  if (decayInput) return { node: within(1) }
  const why = isPowerOfTwo(tau) ? '' : 'its potential is counted in units of tau, and so rounds otherwise'
  return { node: within(1), gain: { factor: tau, otherwise: within(tau), why } }
}

/** One parameter divided by another, each a number or one for each channel. */
function divided(value: number | ArrayLike<number>, by: number | ArrayLike<number>, { shape }: NeuronsOut) {
  if (typeof value === 'number' && typeof by === 'number') return value / by
  const at = (from: number | ArrayLike<number>, c: number) =>
    typeof from === 'number' ? from : from[from.length === 1 ? 0 : c]
  return Float64Array.from({ length: shape[0] }, (_, c) => at(value, c) / at(by, c))
}

type Writer = (out: NeuronsOut) => NodeOut

/** What LIF and its kin share. */
function membraneOf(out: NeuronsOut) {
  const { value: reset, subtracts } = resetOf(out)
  const { leak = 0 } = out.neuron.config.options as { leak?: number }
  return { threshold: parameterOf(out, 'threshold', 1), reset, rest: leak, decayInput: decays(out), subtracts }
}

const writeLif: Writer = (out) => ({
  ...leaky(out, { tau: parameterOf(out, 'tau', 2), ...membraneOf(out) }),
  label: resetOf(out).label,
})

const writePlif: Writer = (out) => {
  const { label, subtracts } = resetOf(out)
  const tau = mapped(parameterOf(out, 'w', 0), (w) => 1 + Math.exp(-w))
  const rounded: NodeOut['label'] = { label: 'approximate', why: 'its learned decay is rounded as a time constant' }
  return { ...leaky(out, { tau, ...membraneOf(out) }), label: subtracts === null ? rounded : label }
}

interface IntegratorOut {
  readonly threshold: number | ArrayLike<number>
  readonly reset: number | ArrayLike<number>
  readonly subtracts: Subtracts
}

function integrating(out: NeuronsOut, { threshold, reset, subtracts }: IntegratorOut): NirNode {
  const fields = { r: 1 / out.dt, v_threshold: mapped(threshold, belowFloat32), v_reset: reset }
  return marked(node('IF', out, fields), subtracts)
}

const writeIf: Writer = (out) => {
  const { value: reset, label, subtracts } = resetOf(out)
  return { node: integrating(out, { threshold: parameterOf(out, 'threshold', 1), reset, subtracts }), label }
}

/** Own neurons that are LIF or IF by their equations, under whatever names. */
function writeOwn(out: NeuronsOut): NodeOut | null {
  const found = recognised(out.neuron.equations)
  if (!found) return null
  const { leak, decayInput, reset: kind } = found
  const subtracts = kind === 'soft' ? 'subtract' : kind === 'late' ? 'subtract late' : null
  const threshold = parameterOf(out, found.threshold, Number.NaN)
  const reset = typeof kind === 'string' ? 0 : signed(out, kind.to)
  if (!leak) return { node: integrating(out, { threshold, reset, subtracts }), label: unlikeNir(subtracts) }
  const given = parameterOf(out, leak.name, Number.NaN)
  const tau = leak.kind === 'tau' ? given : mapped(given, (beta) => 1 / (1 - beta))
  const written = leaky(out, { tau, threshold, reset, rest: 0, decayInput, subtracts })
  if (subtracts !== null || leak.kind === 'tau') return { ...written, label: unlikeNir(subtracts) }
  return { ...written, label: { label: 'approximate', why: 'its decay is rounded as a time constant' } }
}

/** A parameter with a sign in front. */
function signed(out: NeuronsOut, name: string): number | ArrayLike<number> {
  if (!name.startsWith('-')) return parameterOf(out, name, Number.NaN)
  return mapped(parameterOf(out, name.slice(1), Number.NaN), (value) => -value)
}

const writeClif: Writer = (out) => ({
  ...writeLif(out),
  label: { label: 'approximate', why: 'its complementary potential m is left out: what remains is a LIF neuron' },
})

const writeReadout: Writer = (out) => {
  const tau = parameterOf(out, 'tau', 2)
  const within = (r: number | ArrayLike<number>) =>
    node('LI', out, { tau: mapped(tau, (steps) => steps * out.dt), r, v_leak: 0 })
  if (decays(out)) return { node: within(1), label: faithful }
  const why = 'its resistance is not 1, and some programs read it as 1'
  return { node: within(1), label: faithful, gain: { factor: tau, otherwise: within(tau), why } }
}

/** Nodes whose parameters Spikelet keeps as NIR names them; `dt` must be the one they were read with. */
function again(type: NirType, fields: Record<string, string>, absent: Record<string, number> = {}): Writer {
  return (out) => {
    const read = parameterOf(out, 'dt', out.dt)
    if (read !== out.dt) throw new Refusal(`it was read at dt ${read}, and is to be written at ${out.dt}`)
    const { equations } = out.neuron
    const values = Object.entries(fields).map(([field, name]) => {
      const value = parameterOf(out, name, absent[field] ?? 1)
      return [field, /threshold/.test(field) ? mapped(value, belowFloat32) : value] as const
    })
    const isSoft = /u - s \* threshold/.test(equations)
    const subtracts = isSoft ? (/threshold\s+s = spike/.test(equations) ? 'subtract late' : 'subtract') : null
    const order = type.startsWith('Cuba') ? 'the current moves first in a step, then the potential' : ''
    const label: NodeOut['label'] = isSoft
      ? unlikeNir(subtracts)
      : { label: order ? 'approximate' : 'faithful', why: order }
    return { node: marked(node(type, out, Object.fromEntries(values)), subtracts), label }
  }
}

const membrane = { tau: 'tau', r: 'r', v_leak: 'rest' }
const spiking = { v_threshold: 'threshold', v_reset: 'v' }
const current = { tau_syn: 'tauSyn', tau_mem: 'tau', r: 'r', v_leak: 'rest', w_in: 'w' }
const zero = { v_leak: 0, v_reset: 0 }

const writeDelay: Writer = (out) => {
  const steps = out.neuron.program.states.length
  return { node: node('Delay', out, { delay: steps * out.dt }), label: faithful }
}

/** By the neuron's name. */
const neuronWriters: { readonly [neuron: string]: Writer } = {
  lif: writeLif,
  plif: writePlif,
  if: writeIf,
  clif: writeClif,
  leakyReadout: writeReadout,
  nirLIF: again('LIF', { ...membrane, ...spiking }, zero),
  nirIF: again('IF', { r: 'r', ...spiking }, zero),
  nirLI: again('LI', membrane, zero),
  nirI: again('I', { r: 'r' }),
  nirCubaLIF: again('CubaLIF', { ...current, ...spiking }, zero),
  nirCubaLI: again('CubaLI', current, zero),
  nirScale: again('Scale', { scale: 'scale' }),
  nirThreshold: again('Threshold', { threshold: 'threshold' }),
  nirDelay: writeDelay,
}

/** Neurons of Spikelet's own that have a writer; the others came from NIR. */
const writtenNeurons = Object.keys(neuronWriters).filter((name) => !name.startsWith('nir'))

/** NIR's neurons start at rest. */
function startedAtRest({ neuron }: NeuronsOut, found: NodeOut): NodeOut {
  const { leak = 0 } = neuron.config.options as { leak?: number }
  if (neuron.program.states.every(({ start }, i) => start === (i === 0 ? leak : 0))) return found
  const why = [found.label.why, 'it does not start at rest, as neurons of NIR do'].filter((text) => text !== '')
  return { ...found, label: { label: 'approximate', why: why.join('; ') } }
}

/**
 * Neurons as a node. An own definition counts by its equations: it may bear any name.
 * @throws Refusal for neurons that NIR has no node for
 */
export function neuronNode(out: NeuronsOut): NodeOut {
  const { neuron } = out
  if (neuron.temporal) throw new Refusal(`neuron '${neuron.name}' mixes time`)
  const isOwn = neuron.config.definition !== undefined && !neuron.name.startsWith('nir')
  const write = !isOwn && Object.hasOwn(neuronWriters, neuron.name) ? neuronWriters[neuron.name] : undefined
  const found = write ? write(out) : writeOwn(out)
  if (found) return neuron.name.startsWith('nir') ? found : startedAtRest(out, found)
  const own = isOwn ? ', and own ones with the equations of LIF or IF' : ''
  throw new Refusal(`neuron '${neuron.name}'; known: ${writtenNeurons.join(', ')}${own}`)
}
