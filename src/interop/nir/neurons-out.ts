import { type Shape, sizeOf } from '../../base/index.ts'
import type { Neuron } from '../../equations/index.ts'
import type { Network } from '../../nn/index.ts'
import type { NirArray, NirLabel, NirNode, NirType } from './graph.ts'
import { below, Refusal } from './values.ts'
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

/** A constant or learned parameter of a neuron. */
function parameterOf({ neuron, network, path }: NeuronsOut, name: string, absent: number): number | ArrayLike<number> {
  if (neuron.program.parameters.some((parameter) => parameter.name === name)) {
    return network.parameter(path === '' ? name : `${path}.${name}`).values
  }
  const { options, definition } = neuron.config as { options: Options; definition?: { constants?: Options } }
  const value = options[name] ?? definition?.constants?.[name] ?? absent
  if (typeof value === 'number') return value
  throw new Refusal(`its parameter '${name}' is no number`)
}

function mapped(value: number | ArrayLike<number>, change: (x: number) => number): number | Float64Array {
  return typeof value === 'number' ? change(value) : Float64Array.from(value, change)
}

const softReset = 'its reset subtracts the threshold; NIR can only set a value'

/** What a hard reset sets, and what has to be said of other resets. */
function resetOf({ neuron }: NeuronsOut): { value: number; label: NodeOut['label']; soft: boolean } {
  const { reset = 'soft', detachReset: _ } = neuron.config.options as Options
  if (reset === 'none') throw new Refusal('it is never reset, and the neurons of NIR that spike are')
  if (reset === 'soft') return { value: 0, label: { label: 'approximate', why: softReset }, soft: true }
  const value = reset === 'hard' ? 0 : (reset as { hard?: unknown }).hard
  if (typeof value !== 'number') throw new Refusal(`its reset ${JSON.stringify(reset)} sets no value`)
  return { value, label: faithful, soft: false }
}

/** Marks a soft reset beside the node, so that Spikelet reads it back as one. */
function marked(described: NirNode, soft: boolean): NirNode {
  return soft ? { ...described, metadata: { reset: 'subtract' } } : described
}

function decays({ neuron }: NeuronsOut): boolean {
  return (neuron.config.options as Options).decayInput === true
}

/** u = (1 - decay) u + x, or + decay x where the input decays: tau = dt / decay, r = tau / dt or 1. */
function leaky(out: NeuronsOut, tauInSteps: number | ArrayLike<number>, v: Record<string, number>, soft: boolean) {
  const described = node('LIF', out, {
    tau: mapped(tauInSteps, (tau) => tau * out.dt),
    r: decays(out) ? 1 : tauInSteps,
    v_leak: 0,
    ...v,
  })
  return marked(described, soft)
}

function threshold(out: NeuronsOut): number {
  const value = parameterOf(out, 'threshold', 1)
  if (typeof value !== 'number') throw new Refusal('its threshold is learned')
  return below(value)
}

type Writer = (out: NeuronsOut) => NodeOut

const writeLif: Writer = (out) => {
  const { value, label, soft } = resetOf(out)
  return { node: leaky(out, parameterOf(out, 'tau', 2), { v_threshold: threshold(out), v_reset: value }, soft), label }
}

const writePlif: Writer = (out) => {
  const { value, label, soft } = resetOf(out)
  const tau = mapped(parameterOf(out, 'w', 0), (w) => 1 + Math.exp(-w))
  const rounded: NodeOut['label'] = { label: 'approximate', why: 'its learned decay is rounded as a time constant' }
  const described = leaky(out, tau, { v_threshold: threshold(out), v_reset: value }, soft)
  return { node: described, label: soft ? label : rounded }
}

const writeIf: Writer = (out) => {
  const { value, label, soft } = resetOf(out)
  const described = node('IF', out, { r: 1 / out.dt, v_threshold: threshold(out), v_reset: value })
  return { node: marked(described, soft), label }
}

const writeClif: Writer = (out) => ({
  node: writeLif(out).node,
  label: { label: 'approximate', why: 'its complementary potential m is left out: what remains is a LIF neuron' },
})

const writeReadout: Writer = (out) => {
  const tau = parameterOf(out, 'tau', 2)
  const fields = { tau: mapped(tau, (t) => t * out.dt), r: decays(out) ? 1 : tau, v_leak: 0 }
  return { node: node('LI', out, fields), label: faithful }
}

/** Nodes whose parameters Spikelet keeps as NIR names them; `dt` must be the one they were read with. */
function again(type: NirType, fields: Record<string, string>, absent: Record<string, number> = {}): Writer {
  return (out) => {
    const read = parameterOf(out, 'dt', out.dt)
    if (read !== out.dt) throw new Refusal(`it was read at dt ${read}, and is to be written at ${out.dt}`)
    const { equations } = out.neuron
    const values = Object.entries(fields).map(([field, name]) => {
      const value = parameterOf(out, name, absent[field] ?? 1)
      return [field, /threshold/.test(field) ? mapped(value, below) : value] as const
    })
    const soft = /u - s \* threshold/.test(equations)
    const order = type.startsWith('Cuba') ? 'the current moves first in a step, then the potential' : ''
    const label: NodeOut['label'] = soft
      ? { label: 'approximate', why: softReset }
      : { label: order ? 'approximate' : 'faithful', why: order }
    return { node: marked(node(type, out, Object.fromEntries(values)), soft), label }
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
export const neuronWriters: { readonly [neuron: string]: Writer } = {
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
export const writtenNeurons = Object.keys(neuronWriters).filter((name) => !name.startsWith('nir'))
