import { FormatError } from '../../base/index.ts'
import type { NirGraph } from './graph.ts'

/** Who leads to whom, without the ends of nested graphs. */
export interface Wiring {
  readonly input: string
  readonly output: string
  readonly names: readonly string[]
  readonly before: ReadonlyMap<string, readonly string[]>
  readonly after: ReadonlyMap<string, readonly string[]>
}

/** @throws FormatError unless there is one way in and one way out */
export function wiringOf({ nodes, edges }: NirGraph, file: string): Wiring {
  const before = new Map<string, string[]>([...nodes.keys()].map((name) => [name, []]))
  const after = new Map<string, string[]>([...nodes.keys()].map((name) => [name, []]))
  const join = (from: string, to: string) => {
    after.get(from)!.push(to)
    before.get(to)!.push(from)
  }
  for (const [from, to] of edges) join(from, to)
  for (const [name, { type }] of nodes) {
    const [sources, targets] = [before.get(name)!, after.get(name)!]
    const isInner = (type === 'Input' || type === 'Output') && sources.length > 0 && targets.length > 0
    // Where several lead to several, the node stays, and sums: joining each with each could fill the memory.
    if (!isInner || (sources.length > 1 && targets.length > 1)) continue
    for (const source of sources) after.set(source, without(after.get(source)!, name))
    for (const target of targets) before.set(target, without(before.get(target)!, name))
    for (const source of sources) for (const target of targets) join(source, target)
    before.delete(name)
    after.delete(name)
  }
  const names = [...before.keys()]
  const only = (type: 'Input' | 'Output') => {
    const beyond = type === 'Input' ? before : after
    const found = names.filter((name) => nodes.get(name)!.type === type && beyond.get(name)!.length === 0)
    if (found.length === 1) return found[0]
    throw new FormatError({
      what: `NIR graph has ${found.length} nodes of the type ${type}`,
      place: `${file}, member "nodes"`,
      expected: '1',
      got: found.join(', ').slice(0, 200) || 'none',
    })
  }
  return { input: only('Input'), output: only('Output'), names, before, after }
}

function without(list: readonly string[], name: string): string[] {
  return list.filter((other) => other !== name)
}

const linear = ['Affine', 'Linear', 'Conv2d']

/** Neurons with a linear node that reads them alone and leads back to them alone. */
export function loopsOf({ nodes }: NirGraph, { names, before, after }: Wiring): Map<string, string> {
  const loops = new Map<string, string>()
  for (const name of names) {
    const [source, ...sources] = before.get(name)!
    const [target, ...targets] = after.get(name)!
    const isLoop = sources.length === 0 && targets.length === 0 && source !== undefined && source === target
    if (isLoop && source !== name && linear.includes(nodes.get(name)!.type)) loops.set(source, name)
  }
  return loops
}

/** Nodes in an order in which each comes after those that lead to it. @throws FormatError where other loops are */
export function orderOf({ names, before, after }: Wiring, feedback: ReadonlySet<string>, file: string): string[] {
  const inside = names.filter((name) => !feedback.has(name))
  const awaited = new Map(
    inside.map((name) => [name, before.get(name)!.filter((source) => !feedback.has(source)).length]),
  )
  const order = inside.filter((name) => awaited.get(name) === 0)
  // The list grows while it is walked.
  for (const name of order) {
    for (const target of after.get(name)!) {
      if (!awaited.has(target)) continue
      const left = awaited.get(target)! - 1
      awaited.set(target, left)
      if (left === 0) order.push(target)
    }
  }
  if (order.length === inside.length) return order
  const done = new Set(order)
  const waiting = inside.filter((name) => !done.has(name))
  throw new FormatError({
    what: 'NIR graph has loops that cannot be run',
    place: `${file}, nodes ${waiting.slice(0, 8).join(', ')}`,
    expected: 'loops from neurons through one linear node back to them',
    next: 'Put the loop into that form.',
  })
}
