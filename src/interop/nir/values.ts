import { type Shape, shapeText, sizeOf } from '../../base/index.ts'
import type { NirArray, NirNode } from './graph.ts'

/** Why a node cannot be carried over; told with the node's name. */
export class Refusal extends Error {}

export function arrayOf(node: NirNode, name: string): NirArray {
  const field = node.fields.get(name)
  if (field !== undefined && typeof field !== 'string') return field
  throw new Refusal(`it has no numbers '${name}'`)
}

/** A whole number, such as groups. */
export function wholeOf(node: NirNode, name: string): number {
  const { values } = arrayOf(node, name)
  if (values.length === 1 && Number.isSafeInteger(values[0])) return values[0]
  throw new Refusal(`its '${name}' is no whole number`)
}

/** One or two whole numbers, such as a stride, as height and width. */
export function pairOf(node: NirNode, name: string, least: number): readonly [number, number] {
  const { values } = arrayOf(node, name)
  const [a, b = a] = values
  if (values.length < 1 || values.length > 2 || ![a, b].every((n) => Number.isSafeInteger(n) && n >= least)) {
    throw new Refusal(`its '${name}' is not one or two whole numbers of at least ${least}`)
  }
  return [a, b]
}

const largestFloat32 = 3.4e38

/** Numbers that are all finite, such as weights. */
export function finiteOf(node: NirNode, name: string): NirArray {
  const found = arrayOf(node, name)
  const { values } = found
  const at = values.findIndex((value) => !(Math.abs(value) <= largestFloat32))
  if (at < 0) return found
  throw new Refusal(`its '${name}' holds ${values[at]}, at position ${at} of ${values.length}`)
}

/** A neuron's parameter: one number for all, or one for each channel (each neuron, of a list of neurons). */
export type PerChannel = number | readonly number[]

/**
 * A parameter that NIR gives neuron by neuron, as what it comes down to.
 * @param shape what a frame of the neurons has, [C, H, W] or [N], as NIR orders it
 * @throws Refusal if it differs within a channel, or fits no frame
 */
export function perChannel(node: NirNode, name: string, shape: Shape, absent?: number): PerChannel {
  if (absent !== undefined && !node.fields.has(name)) return absent
  const { shape: own, values } = finiteOf(node, name)
  const [first] = values
  if (values.length === 0) throw new Refusal(`its '${name}' is empty`)
  if (values.every((value) => value === first)) return first
  const channels = shape[0]
  const within = values.length / channels
  if (values.length !== sizeOf(shape) && values.length !== channels) {
    throw new Refusal(`its '${name}' has the shape ${shapeText(own)}, and its neurons ${shapeText(shape)}`)
  }
  const each = Array.from({ length: channels }, (_, c) => values[c * within])
  if (values.every((value, i) => value === each[Math.floor(i / within)])) return each
  throw new Refusal(`its '${name}' differs from neuron to neuron within a channel`)
}

/** The smallest float32 above a number: `v > x` is `v >= aboveFloat32(x)` for every float32 v. */
export function aboveFloat32(x: number): number {
  const near = Math.fround(x)
  return near > x ? near : neighbour32(near, 1)
}

/** The largest float32 below a number rounded to float32: for every float32 v, `v >= x` is `v > belowFloat32(x)`. */
export function belowFloat32(x: number): number {
  return neighbour32(Math.fround(x), -1)
}

function neighbour32(x: number, direction: 1 | -1): number {
  if (x === 0) return direction * 2 ** -149
  const bits = new Int32Array(Float32Array.of(x).buffer)
  bits[0] += x > 0 === direction > 0 ? 1 : -1
  return new Float32Array(bits.buffer)[0]
}
