import type { Neuron, Program, ValueId } from '../equations/index.ts'

/** A value of one step that the equations name. */
export interface GraphNode {
  /** `x`, or a name with the number of its assignment where it has several: `u#1`. */
  readonly name: string
  readonly kind: 'input' | 'value' | 'output'
}

/** One value is read by another. */
export interface GraphEdge {
  readonly from: string
  readonly to: string
  /** `from` is of the step before. */
  readonly acrossTime: boolean
  /** The way leads through `spike`: its gradient is the surrogate's. */
  readonly throughSpike: boolean
  /** Every way leads through `detach`: no gradient goes back. */
  readonly detached: boolean
}

/** One time step of a neuron as a graph, made from its program. */
export interface DependencyGraph {
  readonly type: 'dependencyGraph'
  readonly neuron: string
  /** In the order of computation. */
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  /** Names of the states. */
  readonly states: readonly string[]
}

/**
 * Which named values of a step are made of which, of this step and of the one before. What constants and learned parameters
 * alone decide is left out.
 */
export function dependencyGraph(neuron: Neuron): DependencyGraph {
  const { program } = neuron
  const varies = varyingOf(program)
  const named = new Map([...namesOf(program)].filter(([id]) => varies[id]))
  const stateNames = program.states.map(({ next, name }) => named.get(next) ?? name)
  const readsInput = program.instructions.some(({ op }) => op === 'input')
  const nodes: GraphNode[] = [
    ...(readsInput ? [{ name: 'x', kind: 'input' as const }] : []),
    ...[...named].map(([id, name]) => ({
      name,
      kind: id === program.output ? ('output' as const) : ('value' as const),
    })),
  ]
  const edges = [...named].flatMap(([id, to]) => edgesInto(program, named, stateNames, id, to))
  return {
    type: 'dependencyGraph',
    neuron: neuron.name,
    nodes,
    edges,
    states: program.states.map(({ name }) => name),
  }
}

/** Per instruction: whether it differs from step to step, or neuron to neuron. */
function varyingOf({ instructions }: Program): boolean[] {
  const found: boolean[] = []
  for (const { op, args } of instructions)
    found.push(op === 'input' || op === 'state' || op === 'noise' || args.some((id) => found[id]))
  return found
}

/** Every assignment's value by id: `u#1` and `u#2`, or plain `m` where there is one only. */
function namesOf({ observables }: Program): Map<ValueId, string> {
  const numbered = observables.filter(({ name }) => name.includes('#'))
  const count = (base: string) => numbered.filter(({ name }) => name.startsWith(`${base}#`)).length
  const names = new Map<ValueId, string>()
  for (const { name, value } of numbered) {
    const base = name.slice(0, name.indexOf('#'))
    if (!names.has(value)) names.set(value, count(base) > 1 ? name : base)
  }
  return new Map([...names].sort(([a], [b]) => a - b))
}

function edgesInto(
  { instructions }: Program,
  named: ReadonlyMap<ValueId, string>,
  states: readonly string[],
  id: ValueId,
  to: string,
): GraphEdge[] {
  const edges = new Map<string, GraphEdge>()
  const add = (from: string, acrossTime: boolean, throughSpike: boolean, detached: boolean) => {
    const key = `${from} ${acrossTime}`
    const before = edges.get(key)
    edges.set(key, {
      from,
      to,
      acrossTime,
      throughSpike: throughSpike || (before?.throughSpike ?? false),
      detached: detached && (before?.detached ?? true),
    })
  }
  const seen = new Set<string>()
  const visit = (at: ValueId, throughSpike: boolean, detached: boolean): void => {
    const key = `${at} ${throughSpike} ${detached}`
    if (seen.has(key)) return
    seen.add(key)
    const { op, args, index } = instructions[at]
    const name = named.get(at)
    if (at !== id && name !== undefined) add(name, false, throughSpike, detached)
    else if (op === 'input') add('x', false, throughSpike, detached)
    else if (op === 'state') add(states[index as number], true, throughSpike, detached)
    else for (const arg of args) visit(arg, throughSpike || op === 'spike', detached || op === 'detach')
  }
  visit(id, false, false)
  return [...edges.values()]
}
