import type { Shape } from '../../base/index.ts'
import type { NirLabel, NirNode } from './graph.ts'
import { arrayOf, Refusal, wholeOf } from './values.ts'
import { integers, narrow } from './write-nir.ts'

/** A graph that is being written. */
export interface Draft {
  readonly nodes: Map<string, NirNode>
  readonly edges: [string, string][]
  readonly labels: NirLabel[]
  /** BatchNorms by their nodes, which are convolutions of each channel on its own: a scale and a shift. */
  readonly norms: ReadonlySet<string>
  /** Neurons whose input has to be multiplied, so that their resistance can be 1. */
  readonly gains: ReadonlyMap<string, Gain>
}

/** What the input of neurons is to be multiplied by. */
export interface Gain {
  /** A number, or one for each channel. */
  readonly factor: number | ArrayLike<number>
  /** What stands there where nothing in front can be multiplied. */
  readonly otherwise: NirNode
  /** What has to be said of it then. */
  readonly why: string
}

const linear = ['Affine', 'Linear', 'Conv2d']

/**
 * Puts a draft into the form that other programs read: each BatchNorm goes into the linear nodes in front of it where it
 * alone reads them, resistances of neurons become 1, and convolutions have no groups.
 * A convolution that would be too large without groups is labelled as refused.
 */
export function folded(draft: Draft): void {
  const exact: Exact = new Map()
  for (const norm of draft.norms) foldNorm(norm, draft, exact)
  for (const [name, gain] of draft.gains) foldGain(name, gain, draft, exact)
  for (const [name, changed] of exact) {
    const node = draft.nodes.get(name)
    if (!node) continue
    const fields = new Map(node.fields)
    for (const [field, values] of changed) fields.set(field, narrow(values, shapeOf(node, field, values.length)))
    draft.nodes.set(name, {
      ...node,
      type: node.type === 'Linear' && changed.has('bias') ? 'Affine' : node.type,
      fields,
    })
  }
  for (const [name, node] of draft.nodes) {
    if (node.type !== 'Conv2d') continue
    try {
      draft.nodes.set(name, withoutGroups(node))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      relabel(draft, name, 'refused', error.message)
    }
  }
}

function shapeOf(node: NirNode, field: string, length: number): Shape {
  return node.fields.has(field) ? arrayOf(node, field).shape : [length]
}

/** The linear nodes in front of a node, if it gets their sum and nobody else reads one of them; else null. */
function ownSources(name: string, { nodes, edges }: Draft): string[] | null {
  const sources = edges.filter(([, to]) => to === name).map(([from]) => from)
  const isOwn = (source: string) =>
    linear.includes(nodes.get(source)!.type) && edges.filter(([from]) => from === source).length === 1
  return sources.length > 0 && sources.every(isOwn) ? sources : null
}

/** Numbers by node and field. */
type Exact = Map<string, Map<string, Float64Array>>

/** Numbers of a node as they are so far, not yet rounded to float32. */
function exactly(exact: Exact, name: string, node: NirNode, field: string): Float64Array {
  const changed = exact.get(name) ?? new Map<string, Float64Array>()
  exact.set(name, changed)
  const absent = () => new Float64Array(arrayOf(node, 'weight').shape[0])
  const found = changed.get(field) ?? (node.fields.has(field) ? Float64Array.from(numbersOf(node, field)) : absent())
  changed.set(field, found)
  return found
}

function numbersOf(node: NirNode, field: string): ArrayLike<number> {
  return arrayOf(node, field).values
}

/** Multiplies what comes out of a linear node, and adds to it; both by channel, or the same for all. */
function change(
  name: string,
  draft: Draft,
  exact: Exact,
  scale: number | ArrayLike<number>,
  shift: ArrayLike<number> | null,
): void {
  const node = draft.nodes.get(name)!
  const at = (values: number | ArrayLike<number>, c: number) =>
    typeof values === 'number' ? values : values[values.length === 1 ? 0 : c]
  const weight = exactly(exact, name, node, 'weight')
  const channels = arrayOf(node, 'weight').shape[0]
  const within = weight.length / channels
  for (let i = 0; i < weight.length; i++) weight[i] *= at(scale, Math.floor(i / within))
  if (!shift && !node.fields.has('bias') && !exact.get(name)?.has('bias')) return
  const bias = exactly(exact, name, node, 'bias')
  for (let c = 0; c < channels; c++) bias[c] = bias[c] * at(scale, c) + (shift?.[c] ?? 0)
}

function foldNorm(norm: string, draft: Draft, exact: Exact): void {
  const sources = ownSources(norm, draft)
  if (!sources) return
  const node = draft.nodes.get(norm)!
  const scale = numbersOf(node, 'weight')
  sources.forEach((source, i) => change(source, draft, exact, scale, i === 0 ? numbersOf(node, 'bias') : null))
  const targets = draft.edges.filter(([from]) => from === norm).map(([, to]) => to)
  const kept = draft.edges.filter(([from, to]) => from !== norm && to !== norm)
  const joined = targets.flatMap((to) => sources.map((from): [string, string] => [from, to]))
  draft.edges.splice(0, draft.edges.length, ...kept, ...joined)
  draft.nodes.delete(norm)
  const at = draft.labels.findIndex(({ node: name }) => name === norm)
  draft.labels.splice(at, 1)
  for (const source of sources) say(draft, source, 'BatchNorm is folded into it: its sums round otherwise')
}

function foldGain(name: string, { factor, otherwise, why }: Gain, draft: Draft, exact: Exact): void {
  const sources = ownSources(name, draft)
  if (!sources) {
    draft.nodes.set(name, otherwise)
    if (why !== '') say(draft, name, why)
    return
  }
  for (const source of sources) {
    change(source, draft, exact, factor, null)
    if (!isPowerOfTwo(factor))
      say(draft, source, 'the tau of the neurons behind it is folded into it: its numbers are rounded')
  }
}

/** Whether multiplying by a factor rounds nothing. */
export function isPowerOfTwo(factor: number | ArrayLike<number>): boolean {
  const factors = typeof factor === 'number' ? [factor] : Array.from(factor)
  return factors.every((each) => Number.isInteger(Math.log2(each)))
}

/** Adds a remark to a node's label, which is no longer faithful. */
function say(draft: Draft, name: string, remark: string): void {
  relabel(draft, name, 'approximate', remark)
}

function relabel({ labels }: Draft, name: string, label: NirLabel['label'], remark: string): void {
  const at = labels.findIndex(({ node }) => node === name)
  const { why } = labels[at]
  if (!why.includes(remark)) labels[at] = { ...labels[at], label, why: why === '' ? remark : `${why}; ${remark}` }
}

/** Numbers that the weight of a convolution may have. */
const largestWeight = 2 ** 26

/**
 * A convolution with zeros where groups leave weights out: the format's own library takes weight.shape[1] as all input
 * channels. It also takes the kernel's height as its width, so that a kernel is made square where zeros around it can do so.
 */
function withoutGroups(node: NirNode): NirNode {
  const groups = wholeOf(node, 'groups')
  const { shape, values } = arrayOf(node, 'weight')
  const [out, within, height, width] = shape
  const [dilation, padding] = [numbersOf(node, 'dilation'), numbersOf(node, 'padding')]
  const [rows, columns] = squared(height, width)
  if (groups === 1 && rows === height && columns === width) return node
  const channels = within * groups
  if (out * channels * rows * columns > largestWeight) throw new Refusal('without groups it would be too large')
  const [top, left] = [(rows - height) / 2, (columns - width) / 2]
  const dense = new Float64Array(out * channels * rows * columns)
  for (let o = 0; o < out; o++) {
    const first = Math.floor(o / (out / groups)) * within
    for (let i = 0; i < within * height * width; i++) {
      const [c, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width]
      const at = ((o * channels + first + c) * rows + top + y) * columns + left + x
      dense[at] = values[o * within * height * width + i]
    }
  }
  const fields = new Map(node.fields)
  fields.set('weight', narrow(dense, [out, channels, rows, columns]))
  fields.set('groups', integers(1))
  fields.set('padding', integers(padding[0] + dilation[0] * top, padding[1] + dilation[1] * left))
  return { ...node, fields }
}

/** Sides of a square kernel around one of other sides; these themselves where it cannot lie in the middle. */
function squared(height: number, width: number): readonly [rows: number, columns: number] {
  const size = Math.max(height, width)
  return (height - width) % 2 === 0 ? [size, size] : [height, width]
}
