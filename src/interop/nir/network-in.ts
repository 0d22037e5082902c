import { FormatError, type Shape, SpikeletError, sameShape, shapeText, UsageError } from '../../base/index.ts'
import { type Conv2d, Graph, type GraphLayer, type Linear, Network, Recurrent, Spiking } from '../../nn/index.ts'
import type { NirGraph, NirLabel, NirNode } from './graph.ts'
import { type LayerIn, layerReaders } from './layers-in.ts'
import type { NirReset } from './neurons-in.ts'
import { Refusal } from './values.ts'
import { loopsOf, orderOf, type Wiring, wiringOf } from './wiring.ts'

export interface NirInOptions {
  /**
   * Length of a time step in the graph's unit of time, seconds as a rule; 1 where its authors counted steps. NIR does not
   * say, and nobody can guess.
   */
  readonly dt: number
  /** `soft`: resets subtract the threshold, as some libraries do whose graphs say nothing of it. Default: as NIR says. */
  readonly reset?: NirReset
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

type Steps = { readonly dt: number; readonly reset: NirReset }

const batchNormEps = 1e-5

interface Built {
  readonly nodes: GraphLayer[]
  readonly labels: NirLabel[]
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
  const { dt, reset = 'node', name = 'nir', file = 'NIR graph' } = options
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
  const built: Built = { nodes: [], labels: [], values: new Map(), shapes: new Map() }
  const input = shapeOf(graph.nodes.get(wiring.input)!, `${file}, node "${wiring.input}"`)
  built.shapes.set(wiring.input, input)
  const feedback = new Set(loops.values())
  for (const node of orderOf(wiring, feedback, file)) {
    if (node === wiring.input || node === wiring.output || feedback.has(node)) continue
    addNode(node, graph, wiring, loops, { dt, reset }, built)
  }
  refuse(built.labels, file)
  const [last, ...others] = wiring.before.get(wiring.output) ?? []
  if (last === undefined || others.length > 0) {
    throw new FormatError({
      what: 'NIR output takes the sum of several nodes',
      place: `${file}, node "${wiring.output}"`,
    })
  }
  const nodes = withBatchNorm(built)
  const output = nodes.some((node) => node.name === last) ? last : 'input'
  const network = inFile(file, () => {
    const made = new Network({ name, input: frameOf(input), layer: new Graph(nodes, output) })
    for (const [path, values] of built.values) made.parameter(path).fromOutside(values)
    return made
  })
  return { network, labels: built.labels }
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
    const from = sources.map((source) => (source === wiring.input ? 'input' : source))
    built.nodes.push({ name, layer: found.layer ?? new Graph([], 'input'), from })
    for (const [parameter, values] of Object.entries(found.values)) built.values.set(`${name}.${parameter}`, values)
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
    next: `the other ${labels.length - refused.length} nodes could be`,
  })
}

/**
 * A convolution that Spikelet wrote for a BatchNorm, back in front of its neurons: they compute it as one, with the same
 * bits as before it was written.
 */
function withBatchNorm({ nodes, values, labels }: Built): GraphLayer[] {
  const norms = new Map(nodes.filter(({ name }) => name.endsWith('_norm')).map((node) => [node.name, node]))
  const found: GraphLayer[] = []
  for (const node of nodes) {
    const [source, ...others] = node.from
    const norm = norms.get(source)
    const scale = values.get(`${source}.weight`)
    const readers = nodes.filter(({ from }) => from.includes(source)).length
    const isOurs = norm && scale && node.layer instanceof Spiking && others.length === 0 && readers === 1
    if (!isOurs || node.name !== norm.name.slice(0, -'_norm'.length)) {
      found.push(node)
      continue
    }
    found.splice(found.indexOf(norm), 1)
    found.push({
      ...node,
      layer: new Spiking({ neuron: node.layer.neuron, normalisation: 'perStep' }),
      from: norm.from,
    })
    setNorm(values, norm.name, scale)
    const at = labels.findIndex((label) => label.node === norm.name)
    labels[at] = { ...labels[at], why: 'a BatchNorm of Spikelet: its running statistics are 0 and 1' }
  }
  return found
}

/** BatchNorm with running statistics of 0 and 1 is a scale and a shift. */
function setNorm(values: Built['values'], name: string, scale: ArrayLike<number>): void {
  const size = scale.length
  values.set(`${name}.bias`, values.get(`${name}.bias`) ?? new Float64Array(size))
  values.set(`${name}.running_mean`, new Float64Array(size))
  values.set(`${name}.running_var`, new Float64Array(size).fill(1 - batchNormEps))
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
function timesText({ nodes }: NirGraph): string {
  const names = ['tau', 'tau_mem', 'tau_syn', 'delay']
  const times = [...nodes.values()].flatMap(({ fields }) =>
    names.flatMap((name) => {
      const field = fields.get(name)
      return field === undefined || typeof field === 'string' ? [] : [...field.values]
    }),
  )
  if (times.length === 0) return 'it has no time constants: 1 where its authors counted steps'
  const [least, most] = times.reduce(([a, b], t) => [Math.min(a, t), Math.max(b, t)], [times[0], times[0]])
  return `its time constants are ${least} to ${most}: take about a tenth of the shortest, or what its authors used`
}
