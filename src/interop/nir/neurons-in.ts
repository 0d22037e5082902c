import type { Shape } from '../../base/index.ts'
import { defineNeuron, type Neuron } from '../../equations/index.ts'
import { integrateFire, leakyReadout, lif } from '../../neurons/index.ts'
import type { NirLabel, NirNode, NirType } from './graph.ts'
import { aboveFloat32, type PerChannel, perChannel, Refusal } from './values.ts'

/**
 * What a reset of NIR's neurons is read as. `node`: as the node says; `hard`: the potential becomes v_reset; `soft`: the
 * threshold is subtracted; `late`: it is subtracted in the next step, after leak and input, as snnTorch does by default.
 */
export type NirReset = 'node' | 'hard' | 'soft' | 'late'

/** Where a neuron fires: `above` its threshold, as NIR says, or `at` it as well, as some libraries do. */
export type NirFiring = 'above' | 'at'

/** Where a potential starts: at `rest`, its leak, or at `zero`. */
export type NirStart = 'rest' | 'zero'

export interface NeuronSurroundings {
  /** Length of a step in the graph's unit of time. */
  readonly dt: number
  readonly reset: NirReset
  readonly fires: NirFiring
  readonly start: NirStart
  /** Of a frame of the neurons, as NIR orders it: [C, H, W] or [N]. */
  readonly shape: Shape
}

/** A neuron read from a node. */
export interface NeuronIn {
  readonly neuron: Neuron
  /** Values of parameters that differ from channel to channel. */
  readonly values: { readonly [parameter: string]: readonly number[] }
  readonly label: Omit<NirLabel, 'node' | 'type'>
}

type Maker = (node: NirNode, surroundings: NeuronSurroundings) => NeuronIn

/** Names of NIR's parameters in equations, by the node's own. */
const spelled = {
  tau: 'tau',
  tau_mem: 'tau',
  tau_syn: 'tauSyn',
  r: 'r',
  v_leak: 'rest',
  v_threshold: 'threshold',
  v_reset: 'v',
  w_in: 'w',
  threshold: 'threshold',
  scale: 'scale',
} as const

type Field = keyof typeof spelled

const absent: Partial<Record<Field, number>> = { v_reset: 0, w_in: 1 }

/** Fields that are compared with a potential: NIR fires above them, Spikelet at them and above. */
const compared: readonly Field[] = ['v_threshold', 'threshold']

function parameters(
  node: NirNode,
  fields: readonly Field[],
  { shape, fires }: NeuronSurroundings,
): Record<Field, PerChannel> {
  const found = fields.map((field) => {
    const value = perChannel(node, field, shape, absent[field])
    if (fires === 'at' || !compared.includes(field)) return [field, value] as const
    return [field, typeof value === 'number' ? aboveFloat32(value) : value.map(aboveFloat32)] as const
  })
  return Object.fromEntries(found) as Record<Field, PerChannel>
}

const faithful = (why: string): NeuronIn['label'] => ({ label: 'faithful', why })

/** Equations of a neuron that is read, and where its potential starts. */
interface Written {
  readonly name: string
  readonly equations: readonly string[]
  /** Where the potential starts at rest: a number, or what is added to a potential that is counted from there. */
  readonly rest?: PerChannel
}

/** A neuron with NIR's own parameters as its constants, or, where they differ by channel, as parameters by channel. */
function written(
  { name, equations: lines, rest = 0 }: Written,
  given: Partial<Record<Field, PerChannel>>,
  { dt, start }: NeuronSurroundings,
): NeuronIn {
  const equations = lines.filter((line) => line !== '').join('\n')
  const uses = (name: string) => new RegExp(`\\b${name}\\b`).test(equations)
  const entries = Object.entries(given).map(([field, value]) => [spelled[field as Field], value] as const)
  const used = entries.filter(([parameter]) => uses(parameter))
  const constants = used.filter((entry): entry is [(typeof entry)[0], number] => typeof entry[1] === 'number')
  const varied = used.flatMap(([parameter, value]) => (typeof value === 'number' ? [] : [[parameter, value] as const]))
  const definition = {
    name,
    equations,
    constants: { ...(uses('dt') ? { dt } : {}), ...Object.fromEntries(constants) },
    learnable: Object.fromEntries(
      varied.map(([parameter, [start]]) => [parameter, { start, per: 'channel' as const }]),
    ),
    ...(isNumber(rest) && rest !== 0 && start === 'rest' ? { state: { u: 'rest' } } : {}),
  }
  return { neuron: defineNeuron(definition)(), values: Object.fromEntries(varied), label: faithful('') }
}

/**
 * Lines of a leaky potential that starts at rest, and what it is counted from: where neurons rest at potentials of their
 * own, `u` is the distance from there, since all states of a layer start with one number.
 */
function resting(rest: PerChannel) {
  if (!isNumber(rest)) return { leak: '-u', level: 'u + rest', zero: 'rest' }
  return { leak: rest === 0 ? '-u' : 'rest - u', level: 'u', zero: '' }
}

type ResetKind = 'value' | 'subtract' | 'late'

const readAs: { readonly [reset in Exclude<NirReset, 'node'>]: ResetKind } = {
  hard: 'value',
  soft: 'subtract',
  late: 'late',
}

/** What a reset does: by choice, or because Spikelet wrote so beside the node, or as NIR says. */
function resetKind({ metadata }: NirNode, reset: NirReset): ResetKind {
  if (reset !== 'node') return readAs[reset]
  if (metadata?.reset === 'subtract') return 'subtract'
  return metadata?.reset === 'subtract late' ? 'late' : 'value'
}

/** Firing and reset: NIR sets the potential to v_reset; other libraries subtract the threshold, at once or a step later. */
function firing(kind: ResetKind, v: PerChannel, { level, zero }: { level: string; zero: string }): string[] {
  const spike = `s = spike(${level} - threshold)`
  if (kind === 'late') return ['u = u - s * threshold', spike]
  if (kind === 'subtract') return [spike, 'u = u - s * threshold']
  if (v === 0 && zero === '') return [spike, 'u = u * (1 - s)']
  return [spike, `u = u * (1 - s) + ${zero === '' ? 'v' : `(v - ${zero})`} * s`]
}

function resetOption(kind: ResetKind, v: number) {
  if (kind !== 'value') return kind === 'late' ? 'late' : 'soft'
  return v === 0 ? 'hard' : { hard: v }
}

const chosen: { readonly [kind in ResetKind]: string } = {
  value: '',
  subtract: 'by choice, its reset subtracts the threshold instead of setting v_reset',
  late: 'by choice, its reset subtracts the threshold one step later instead of setting v_reset',
}

/** What has to be said of a neuron: that its reset was chosen, that steps are coarse. */
function labelOf(node: NirNode, kind: ResetKind, remarks: readonly string[]): NeuronIn['label'] {
  const isMarked = node.metadata?.reset === (kind === 'late' ? 'subtract late' : 'subtract')
  const why = [isMarked ? '' : chosen[kind], ...remarks].filter((remark) => remark !== '')
  return why.length === 0 ? faithful('') : { label: 'approximate', why: why.join('; ') }
}

/**
 * Whether steps of dt can follow time constants.
 * @returns what has to be said; nothing where all are at least a step
 * @throws Refusal where a potential would grow from step to step
 */
function coarseness(times: readonly PerChannel[], dt: number): string[] {
  const least = Math.min(...times.map((time) => (isNumber(time) ? time : Math.min(...time))))
  if (!(least > 0)) throw new Refusal(`its time constant is ${least}, and has to be above 0`)
  if (least * 2 < dt * (1 - 1e-9)) {
    throw new Refusal(`its time constant ${least} is shorter than half a step of ${dt}: its potential would explode`)
  }
  if (least < dt * (1 - 1e-9)) return [`its time constant ${least} is shorter than a step of ${dt}: it overshoots`]
  return []
}

/** A number to twelve digits: what a time in seconds divided by dt was meant to be. */
function steps(time: number, dt: number): number {
  return Number((time / dt).toPrecision(12))
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.abs(b)
}

const readLif: Maker = (node, here) => {
  const fields = ['tau', 'r', 'v_leak', 'v_threshold', 'v_reset'] as const
  const given = parameters(node, fields, here)
  const { tau, r, v_leak: rest, v_threshold: threshold, v_reset: v } = given
  const kind = resetKind(node, here.reset)
  const label = labelOf(node, kind, coarseness([tau], here.dt))
  const isOurs = isNumber(tau) && isNumber(r) && isNumber(threshold) && isNumber(v) && rest === 0
  if (isOurs && (near(r * here.dt, tau) || near(r, 1))) {
    const decay = near(r * here.dt, tau) ? {} : { decayInput: true }
    const options = { tau: steps(tau, here.dt), threshold, reset: resetOption(kind, v), ...decay } as const
    return { neuron: lif(options), values: {}, label }
  }
  const { leak, ...counted } = resting(rest)
  const equations = [`u = u + dt / tau * (${leak} + r * x)`, ...firing(kind, v, counted)]
  return { ...written({ name: 'nirLIF', equations, rest }, given, here), label }
}

const readIf: Maker = (node, here) => {
  const { r, v_threshold: threshold, v_reset: v } = parameters(node, ['r', 'v_threshold', 'v_reset'], here)
  const kind = resetKind(node, here.reset)
  const label = labelOf(node, kind, [])
  if (isNumber(r) && isNumber(threshold) && isNumber(v) && near(r * here.dt, 1)) {
    return { neuron: integrateFire({ threshold, reset: resetOption(kind, v) }), values: {}, label }
  }
  const equations = ['u = u + dt * r * x', ...firing(kind, v, resting(0))]
  return { ...written({ name: 'nirIF', equations }, { r, v_threshold: threshold, v_reset: v }, here), label }
}

const readLi: Maker = (node, here) => {
  const { dt } = here
  const { tau, r, v_leak: rest } = parameters(node, ['tau', 'r', 'v_leak'], here)
  const label = labelOf(node, 'value', coarseness([tau], dt))
  if (isNumber(tau) && isNumber(r) && rest === 0 && (near(r * dt, tau) || near(r, 1))) {
    const decay = near(r * dt, tau) ? {} : { decayInput: true }
    return { neuron: leakyReadout({ tau: steps(tau, dt), ...decay }), values: {}, label }
  }
  const { leak, level } = resting(rest)
  const equations = [`u = u + dt / tau * (${leak} + r * x)`, `s = ${level}`]
  return { ...written({ name: 'nirLI', equations, rest }, { tau, r, v_leak: rest }, here), label }
}

const readI: Maker = (node, here) =>
  written({ name: 'nirI', equations: ['u = u + dt * r * x', 's = u'] }, { r: parameters(node, ['r'], here).r }, here)

const currentFirst = 'the current moves first in a step, then the potential: NIR leaves the order open'

const synapse = (leak: string) => ['i = i + dt / tauSyn * (w * x - i)', `u = u + dt / tau * (${leak} + r * i)`]

const readCubaLif: Maker = (node, here) => {
  const fields = ['tau_syn', 'tau_mem', 'r', 'v_leak', 'v_threshold', 'v_reset', 'w_in'] as const
  const given = parameters(node, fields, here)
  const { v_leak: rest, v_reset: v } = given
  const kind = resetKind(node, here.reset)
  const { leak, ...counted } = resting(rest)
  const equations = [...synapse(leak), ...firing(kind, v, counted)]
  const coarse = coarseness([given.tau_syn, given.tau_mem], here.dt)
  const label = labelOf(node, kind, [currentFirst, ...coarse])
  return { ...written({ name: 'nirCubaLIF', equations, rest }, given, here), label }
}

const readCubaLi: Maker = (node, here) => {
  const { dt } = here
  const given = parameters(node, ['tau_syn', 'tau_mem', 'r', 'v_leak', 'w_in'], here)
  const { leak, level } = resting(given.v_leak)
  const equations = [...synapse(leak), `s = ${level}`]
  const label = labelOf(node, 'value', [currentFirst, ...coarseness([given.tau_syn, given.tau_mem], dt)])
  return { ...written({ name: 'nirCubaLI', equations, rest: given.v_leak }, given, here), label }
}

const readScale: Maker = (node, here) =>
  written({ name: 'nirScale', equations: ['s = scale * x'] }, { scale: parameters(node, ['scale'], here).scale }, here)

const readThreshold: Maker = (node, here) =>
  written(
    { name: 'nirThreshold', equations: ['s = spike(x - threshold)'] },
    { threshold: parameters(node, ['threshold'], here).threshold },
    here,
  )

const longestDelay = 64

const readDelay: Maker = (node, here) => {
  const { dt, shape } = here
  const delay = perChannel(node, 'delay', shape)
  if (!isNumber(delay)) throw new Refusal('its delays differ from channel to channel')
  const exact = delay / dt
  const count = Math.round(exact)
  if (!(count >= 0) || count > longestDelay) {
    throw new Refusal(`its delay is ${exact} steps of dt: 0 to ${longestDelay} can be run`)
  }
  const lines = Array.from({ length: count }, (_, k) => `d${k + 1} = ${k + 1 < count ? `d${k + 2}` : 'x'}`)
  const found = written({ name: 'nirDelay', equations: [`s = ${count === 0 ? 'x' : 'd1'}`, ...lines] }, {}, here)
  if (Math.abs(exact - count) < 1e-6) return found
  return { ...found, label: { label: 'approximate', why: `its delay, ${exact} steps of dt, is rounded to ${count}` } }
}

function isNumber(value: PerChannel): value is number {
  return typeof value === 'number'
}

/** What works neuron by neuron, by the type of its node. */
export const neuronReaders: { readonly [type in NirType]?: Maker } = {
  LIF: readLif,
  IF: readIf,
  LI: readLi,
  I: readI,
  CubaLIF: readCubaLif,
  CubaLI: readCubaLi,
  Scale: readScale,
  Threshold: readThreshold,
  Delay: readDelay,
}
