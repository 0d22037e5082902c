import { FormatError, type Shape, SpikeletError, sameShape, shapeText, UsageError } from '../../base/index.ts'
import { type Conv2d, Graph, type GraphLayer, type Linear, Network, Recurrent, Spiking } from '../../nn/index.ts'
import type { NirGraph, NirLabel, NirNode, NirType } from './graph.ts'
import { type LayerIn, layerReaders } from './layers-in.ts'
import type { NirFiring, NirReset, NirStart } from './neurons-in.ts'
import { timesOf } from './step-of-time.ts'
import { Refusal } from './values.ts'
import { loopsOf, orderOf, type Wiring, wiringOf } from './wiring.ts'

export interface NirInOptions {
  /**
   * Length of a time step in the graph's unit of time, seconds as a rule; 1 where its authors counted steps. NIR does not
   * say, and nobody can guess.
   */
  readonly dt: number
  /**
   * `soft`: resets subtract the threshold, as some libraries do whose graphs say nothing of it; `late`: in the next step.
   * Default: as NIR says.
   */
  readonly reset?: NirReset
  /** Where neurons fire. Default: above their threshold, as NIR says. */
  readonly fires?: NirFiring
  /** Where potentials start. Default: at rest. */
  readonly start?: NirStart
  /** The network's name. Default: nir. */
  readonly name?: string
  /** What errors call the graph. */
  readonly file?: string
}

/** A network, and how well each node of the graph was carried over. */
export interface NirIn {
  readonly network: Network
  readonly labels: readonly NirLabel[]
}

type Steps = Required<Pick<NirInOptions, 'dt' | 'reset' | 'fires' | 'start'>>

interface Built {
  readonly nodes: GraphLayer[]
  readonly labels: NirLabel[]
  /** What the layers of nodes are called: as the nodes, except where names would mean two things. */
  readonly names: ReadonlyMap<string, string>
  /** By the full name of a parameter, in the order of files. */
  readonly values: Map<string, ArrayLike<number>>
  /** What comes out of each node, as NIR orders it. */
  readonly shapes: Map<string, Shape>
}

/**
 * A network from a NIR graph, its differential equations taken in steps of dt (forward Euler). Frames are [H, W, C]; lists
 * [C, L] are frames one pixel high.
 * @throws FormatError, naming the nodes, where one cannot be carried over; UsageError if dt is not positive
 */
export function networkFromNir(graph: NirGraph, options: NirInOptions): NirIn {
  const { dt, reset = 'node', fires = 'above', start = 'rest', name = 'nir', file = 'NIR graph' } = options
  if (!(dt > 0) || !Number.isFinite(dt)) {
    throw new UsageError({
      what: 'a NIR graph is in continuous time: the length of a step is needed',
      expected: 'dt, above 0, in the unit of its time constants',
      got: Number.isNaN(dt) ? 'none' : String(dt),
      next: timesText(graph),
    })
  }
  const wiring = wiringOf(graph, file)
  const loops = loopsOf(graph, wiring)
  const names = layerNames(wiring)
  const built: Built = { nodes: [], labels: [], names, values: new Map(), shapes: new Map() }
  const input = inputShape(graph, wiring, file)
  built.shapes.set(wiring.input, input)
  const feedback = new Set(loops.values())
  for (const node of orderOf(wiring, feedback, file)) {
    if (node === wiring.input || node === wiring.output || feedback.has(node)) continue
    addNode(node, graph, wiring, loops, { dt, reset, fires, start }, built)
  }
  refuse(built.labels, file)
  const [last, ...others] = wiring.before.get(wiring.output) ?? []
  if (last === undefined || others.length > 0) {
    throw new FormatError({
      what: 'NIR output takes the sum of several nodes',
      place: `${file}, node "${wiring.output}"`,
    })
  }
  const network = inFile(file, () => {
    const layer = new Graph(built.nodes, names.get(last)!)
    const made = new Network({ name, input: frameOf(input), layer })
    const parameters = new Map(
      [...made.parameters(), ...made.buffers()].map((parameter) => [parameter.path, parameter]),
    )
    for (const [path, values] of built.values) parameters.get(path)!.fromOutside(values)
    return made
  })
  return { network, labels: built.labels }
}

/**
 * A name for the layer of each node. The graph's entry is `input`, and a name with a dot behind it stands for what is inside a
 * layer: nodes that are called so get another name.
 */
function layerNames({ names, input, before }: Wiring): Map<string, string> {
  const found = new Map([[input, 'input']])
  const taken = new Set(['input'])
  const inside = new Set<string>()
  for (const node of names) {
    if (node === input || before.get(node) === undefined) continue
    let name = outer(node).some((part) => taken.has(part)) ? node.replaceAll('.', '_') : node
    while (taken.has(name) || inside.has(name)) name += '_'
    found.set(node, name)
    taken.add(name)
    for (const part of outer(name)) inside.add(part)
  }
  return found
}

/** `a.b.c`: a and a.b. */
function outer(name: string): string[] {
  return [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index))
}

/** Layers that do not fit each other are told with the file's name. */
function inFile<Result>(file: string, work: () => Result): Result {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof SpikeletError)) throw cause
    throw new FormatError({ ...cause.parts, place: `${file}, at the node ${cause.parts.place ?? 'unknown'}`, cause })
  }
}

/** Reads one node: what it gets, what it is, how well it was understood. */
function addNode(
  name: string,
  graph: NirGraph,
  wiring: Wiring,
  loops: ReadonlyMap<string, string>,
  surroundings: Steps,
  built: Built,
): void {
  const node = graph.nodes.get(name)!
  const back = loops.get(name)
  const sources = (wiring.before.get(name) ?? []).filter((source) => source !== back)
  try {
    const input = summedShape(sources, built.shapes)
    const read = readLayer(node, input, surroundings)
    const found = back === undefined ? read : looped(read, graph.nodes.get(back)!, surroundings)
    built.shapes.set(name, found.output)
    built.labels.push({ node: name, type: node.type, ...found.label })
    const layer = built.names.get(name)!
    const from = sources.map((source) => built.names.get(source)!)
    built.nodes.push({ name: layer, layer: found.layer ?? new Graph([], 'input'), from })
    for (const [parameter, values] of Object.entries(found.values)) built.values.set(`${layer}.${parameter}`, values)
    if (back !== undefined) built.labels.push({ node: back, type: graph.nodes.get(back)!.type, ...loopLabel })
  } catch (error) {
    // Numbers that make no neuron or layer, such as a time constant of 0, are told by these in their own words.
    if (!(error instanceof Refusal || error instanceof SpikeletError)) throw error
    const why = error instanceof SpikeletError ? error.parts.what : error.message
    built.labels.push({ node: name, type: node.type, label: 'refused', why })
    // What follows is judged as if this node had let everything through.
    built.shapes.set(name, built.shapes.get(sources[0] ?? '') ?? [])
  }
}

function readLayer(node: NirNode, input: Shape, surroundings: Steps): LayerIn {
  const { type } = node
  if (!Object.hasOwn(layerReaders, type)) throw new Refusal(`a node of the type ${String(type)} cannot stand there`)
  return layerReaders[type as keyof typeof layerReaders](node, input, surroundings)
}

/** Neurons whose spikes come back to them through a linear map, one step later. */
function looped(read: LayerIn, node: NirNode, surroundings: Steps): LayerIn {
  if (!(read.layer instanceof Spiking)) throw new Refusal('a loop goes through it, and it is no neuron')
  const feedback = readLayer(node, read.output, surroundings)
  if (!sameShape(feedback.output, read.output)) {
    throw new Refusal(`what comes back is ${shapeText(feedback.output)}, and its input ${shapeText(read.output)}`)
  }
  const under = (inner: string, values: LayerIn['values']) =>
    Object.entries(values).map(([name, numbers]) => [`${inner}.${name}`, numbers] as const)
  return {
    ...read,
    layer: new Recurrent(read.layer, feedback.layer as Linear | Conv2d),
    values: Object.fromEntries([...under('neurons', read.values), ...under('feedback', feedback.values)]),
  }
}

const loopLabel: LayerIn['label'] = { label: 'faithful', why: 'spikes come back one step later' }

/** The shape that several nodes agree on. */
function summedShape(sources: readonly string[], shapes: ReadonlyMap<string, Shape>): Shape {
  const [first, ...others] = sources.map((source) => shapes.get(source) ?? [])
  if (first === undefined) throw new Refusal('nothing leads to it')
  const unlike = others.find((shape) => !sameShape(shape, first))
  if (unlike) throw new Refusal(`it gets the sum of ${shapeText(first)} and ${shapeText(unlike)}`)
  return first
}

function refuse(labels: readonly NirLabel[], file: string): void {
  const refused = labels.filter(({ label }) => label === 'refused')
  if (refused.length === 0) return
  const lines = refused.map(({ node, type, why }) => `node "${node}", ${type}: ${why}`)
  throw new FormatError({
    what: `NIR graph has ${refused.length === 1 ? 'a node' : `${refused.length} nodes`} that cannot be carried over`,
    place: [file, ...lines.slice(0, 12)].join('\n'),
    next: `The other ${labels.length - refused.length} nodes could be.`,
  })
}

/** What tells that frames are lists of numbers, and what tells that they are not. */
const onLists: readonly NirType[] = ['Affine', 'Linear']
const onAxes: readonly NirType[] = ['Conv1d', 'Conv2d', 'AvgPool2d', 'SumPool2d', 'Flatten']

/** The shape of the graph's input. [1, N] is a list behind an axis for the batch, or one channel: what reads it decides. */
function inputShape(graph: NirGraph, { input, after }: Wiring, file: string): Shape {
  const shape = shapeOf(graph.nodes.get(input)!, `${file}, node "${input}"`)
  const [channels, height, width] = shape
  if (shape.length !== 3 || channels !== 1 || height !== 1) return shape
  const seen = new Set([input])
  // The list grows while it is walked.
  for (const node of seen) {
    const { type } = graph.nodes.get(node)!
    if (onAxes.includes(type)) return shape
    if (onLists.includes(type)) return [width]
    for (const target of after.get(node)!) seen.add(target)
  }
  return shape
}

/** A frame's shape as NIR orders it. A list of channels over one axis is an image one pixel high. */
function shapeOf(node: NirNode, file: string): Shape {
  const field = node.fields.get('shape')
  const shape = field === undefined || typeof field === 'string' ? [] : Array.from(field.values)
  const axes = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape
  if (axes.length >= 1 && axes.length <= 3 && axes.every((axis) => Number.isSafeInteger(axis) && axis >= 1)) {
    return axes.length === 2 ? [axes[0], 1, axes[1]] : axes
  }
  throw new FormatError({
    what: 'NIR input has a shape that cannot be run',
    place: `${file}, member "shape"`,
    expected: '[N], [C, L] or [C, H, W]',
    got: shapeText(shape),
  })
}

/** [C, H, W] as [H, W, C]. */
function frameOf(shape: Shape): Shape {
  return shape.length === 3 ? [shape[1], shape[2], shape[0]] : shape
}

/** What helps to choose dt. */
function timesText(graph: NirGraph): string {
  const times = timesOf(graph)
  if (times.length === 0) return 'It has no time constants: take 1 where its authors counted steps.'
  const [least, most] = times.reduce(([a, b], t) => [Math.min(a, t), Math.max(b, t)], [times[0], times[0]])
  return `Its time constants are ${least} to ${most}: take about a tenth of the shortest, or what its authors used.`
}
