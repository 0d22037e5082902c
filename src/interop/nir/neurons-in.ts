import type { Shape } from '../../base/index.ts'
import { defineNeuron, type Neuron } from '../../equations/index.ts'
import { integrateFire, leakyReadout, lif } from '../../neurons/index.ts'
import type { NirLabel, NirNode, NirType } from './graph.ts'
import { aboveFloat32, type PerChannel, perChannel, Refusal } from './values.ts'

/** What a reset of NIR's neurons is read as; `node`: as the node says. */
export type NirReset = 'node' | 'soft'

export interface NeuronSurroundings {
  /** Length of a step in the graph's unit of time. */
  readonly dt: number
  readonly reset: NirReset
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

function parameters(node: NirNode, fields: readonly Field[], shape: Shape): Record<Field, PerChannel> {
  const found = fields.map((field) => {
    const value = perChannel(node, field, shape, absent[field])
    if (!compared.includes(field)) return [field, value] as const
    return [field, typeof value === 'number' ? aboveFloat32(value) : value.map(aboveFloat32)] as const
  })
  return Object.fromEntries(found) as Record<Field, PerChannel>
}

const faithful = (why: string): NeuronIn['label'] => ({ label: 'faithful', why })

/** A neuron with NIR's own parameters as its constants, or, where they differ by channel, as parameters by channel. */
function written(name: string, equations: string, given: Partial<Record<Field, PerChannel>>, dt: number): NeuronIn {
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
  }
  return { neuron: defineNeuron(definition)(), values: Object.fromEntries(varied), label: faithful('') }
}

/** The reset line: NIR sets the potential to v_reset; other libraries subtract the threshold. */
function resetLine(node: NirNode, { reset }: NeuronSurroundings, v: PerChannel): string {
  if (subtracts(node, reset)) return 'u = u - s * threshold'
  return v === 0 ? 'u = u * (1 - s)' : 'u = u * (1 - s) + v * s'
}

/** Whether the reset subtracts: by choice, or because Spikelet wrote so beside the node. */
function subtracts({ metadata }: NirNode, reset: NirReset): boolean {
  return reset === 'soft' || metadata?.reset === 'subtract'
}

function resetOption(node: NirNode, { reset }: NeuronSurroundings, v: number) {
  return subtracts(node, reset) ? 'soft' : v === 0 ? 'hard' : { hard: v }
}

function resetNote(node: NirNode, { reset }: NeuronSurroundings): NeuronIn['label'] | undefined {
  if (reset !== 'soft' || node.metadata?.reset === 'subtract') return undefined
  return { label: 'approximate', why: 'by choice, its reset subtracts the threshold instead of setting v_reset' }
}

/** A number to twelve digits: what a time in seconds divided by dt was meant to be. */
function steps(time: number, dt: number): number {
  return Number((time / dt).toPrecision(12))
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.abs(b)
}

const readLif: Maker = (node, here) => {
  const {
    tau,
    r,
    v_leak: rest,
    v_threshold: threshold,
    v_reset: v,
  } = parameters(node, ['tau', 'r', 'v_leak', 'v_threshold', 'v_reset'], here.shape)
  const label = resetNote(node, here) ?? faithful('')
  if (isNumber(tau) && isNumber(r) && isNumber(threshold) && isNumber(v) && rest === 0 && near(r * here.dt, tau)) {
    const options = { tau: steps(tau, here.dt), threshold, reset: resetOption(node, here, v) } as const
    return { neuron: lif(options), values: {}, label }
  }
  const given = { tau, r, v_leak: rest, v_threshold: threshold, v_reset: v }
  const charge = `u = u + dt / tau * (${rest === 0 ? '' : 'rest '}- u + r * x)`
  const equations = [charge, 's = spike(u - threshold)', resetLine(node, here, v)].join('\n')
  return { ...written('nirLIF', equations, given, here.dt), label }
}

const readIf: Maker = (node, here) => {
  const { r, v_threshold: threshold, v_reset: v } = parameters(node, ['r', 'v_threshold', 'v_reset'], here.shape)
  const label = resetNote(node, here) ?? faithful('')
  if (isNumber(r) && isNumber(threshold) && isNumber(v) && near(r * here.dt, 1)) {
    return { neuron: integrateFire({ threshold, reset: resetOption(node, here, v) }), values: {}, label }
  }
  const equations = ['u = u + dt * r * x', 's = spike(u - threshold)', resetLine(node, here, v)].join('\n')
  return { ...written('nirIF', equations, { r, v_threshold: threshold, v_reset: v }, here.dt), label }
}

const readLi: Maker = (node, { dt, shape }) => {
  const { tau, r, v_leak: rest } = parameters(node, ['tau', 'r', 'v_leak'], shape)
  if (isNumber(tau) && isNumber(r) && rest === 0 && near(r * dt, tau)) {
    return { neuron: leakyReadout({ tau: steps(tau, dt) }), values: {}, label: faithful('') }
  }
  const charge = `u = u + dt / tau * (${rest === 0 ? '' : 'rest '}- u + r * x)`
  return written('nirLI', `${charge}\ns = u`, { tau, r, v_leak: rest }, dt)
}

const readI: Maker = (node, { dt, shape }) =>
  written('nirI', 'u = u + dt * r * x\ns = u', { r: parameters(node, ['r'], shape).r }, dt)

const currentFirst = 'the current moves first in a step, then the potential: NIR leaves the order open'

const synapse = (rest: PerChannel) => [
  'i = i + dt / tauSyn * (w * x - i)',
  `u = u + dt / tau * (${rest === 0 ? '' : 'rest '}- u + r * i)`,
]

const readCubaLif: Maker = (node, here) => {
  const fields = ['tau_syn', 'tau_mem', 'r', 'v_leak', 'v_threshold', 'v_reset', 'w_in'] as const
  const given = parameters(node, fields, here.shape)
  const { v_leak: rest, v_reset: v } = given
  const equations = [...synapse(rest), 's = spike(u - threshold)', resetLine(node, here, v)].join('\n')
  const { why } = resetNote(node, here) ?? { why: currentFirst }
  return { ...written('nirCubaLIF', equations, given, here.dt), label: { label: 'approximate', why } }
}

const readCubaLi: Maker = (node, { dt, shape }) => {
  const given = parameters(node, ['tau_syn', 'tau_mem', 'r', 'v_leak', 'w_in'], shape)
  const equations = [...synapse(given.v_leak), 's = u'].join('\n')
  return { ...written('nirCubaLI', equations, given, dt), label: { label: 'approximate', why: currentFirst } }
}

const readScale: Maker = (node, { dt, shape }) =>
  written('nirScale', 's = scale * x', { scale: parameters(node, ['scale'], shape).scale }, dt)

const readThreshold: Maker = (node, { dt, shape }) =>
  written(
    'nirThreshold',
    's = spike(x - threshold)',
    { threshold: parameters(node, ['threshold'], shape).threshold },
    dt,
  )

const longestDelay = 64

const readDelay: Maker = (node, { dt, shape }) => {
  const delay = perChannel(node, 'delay', shape)
  if (!isNumber(delay)) throw new Refusal('its delays differ from channel to channel')
  const exact = delay / dt
  const count = Math.round(exact)
  if (!(count >= 0) || count > longestDelay) {
    throw new Refusal(`its delay is ${exact} steps of dt: 0 to ${longestDelay} can be run`)
  }
  const lines = Array.from({ length: count }, (_, k) => `d${k + 1} = ${k + 1 < count ? `d${k + 2}` : 'x'}`)
  const found = written('nirDelay', [`s = ${count === 0 ? 'x' : 'd1'}`, ...lines].join('\n'), {}, dt)
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
