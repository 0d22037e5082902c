import { FormatError, type Shape, shapeText, sizeOf, UsageError } from '../../base/index.ts'
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  type Layer,
  Linear,
  type Network,
  normEps,
  type Pair,
  type Parameter,
  pairOf,
  Recurrent,
  Spiking,
} from '../../nn/index.ts'
import { type Draft, folded, type Gain } from './fold.ts'
import type { NirGraph, NirLabel, NirNode } from './graph.ts'
import { type NodeOut, neuronNode } from './neurons-out.ts'
import { Refusal } from './values.ts'
import { integers, numbers } from './write-nir.ts'

/** The version of the format that is written. */
const version = '1.0.4'

/** Nodes whose values are summed, and the shape they have, [C, H, W] or [N]. */
interface Signal {
  readonly sources: readonly string[]
  readonly shape: Shape
}

interface Writing extends Draft {
  readonly network: Network
  readonly dt: number
  readonly norms: Set<string>
  readonly gains: Map<string, Gain>
}

const faithful: NodeOut['label'] = { label: 'faithful', why: '' }

/**
 * A network as a NIR graph, as it is in evaluation: BatchNorm goes into the weights in front of it, dropout goes. The
 * graph keeps to what the readers of other programs take: whole numbers of 8 bytes, resistances of 1, no groups.
 * Parameters are those on the host; pull them first.
 * @param options.dt length of a time step, in the unit that the graph's time constants shall have (seconds as a rule)
 * @throws FormatError, naming the layers, where one has no counterpart; UsageError if dt is not positive
 */
export function networkToNir(
  network: Network,
  options: { readonly dt: number },
): { graph: NirGraph; labels: readonly NirLabel[] } {
  const { dt } = options
  if (!(dt > 0) || !Number.isFinite(dt)) {
    throw new UsageError({
      what: 'a NIR graph is in continuous time: the length of a step is needed',
      expected: 'dt, above 0, such as 0.001 seconds',
      got: Number.isNaN(dt) ? 'none' : String(dt),
    })
  }
  const writing: Writing = {
    network,
    dt,
    nodes: new Map(),
    edges: [],
    labels: [],
    norms: new Set(),
    gains: new Map(),
  }
  const shape = outside(network.input)
  writing.nodes.set('input', { type: 'Input', fields: new Map([['shape', integers1(shape)]]) })
  const end = written(network.layer, { sources: ['input'], shape }, writing)
  place(writing, 'output', { type: 'Output', fields: new Map([['shape', integers1(end.shape)]]) }, end)
  if (writing.labels.every(({ label }) => label !== 'refused')) folded(writing)
  const refused = writing.labels.filter(({ label }) => label === 'refused')
  if (refused.length > 0) {
    throw new FormatError({
      what: `${network.name} has ${refused.length} layers that NIR has no node for`,
      place: refused
        .slice(0, 12)
        .map(({ node, type, why }) => `layer "${node}", ${type}: ${why}`)
        .join('\n'),
      next: `The other ${writing.labels.length - refused.length} could be written.`,
    })
  }
  return { graph: { version, nodes: writing.nodes, edges: writing.edges }, labels: writing.labels }
}

/** A list of whole numbers, also where it is a list of one. */
function integers1(shape: Shape) {
  return { shape: [shape.length], values: Int32Array.from(shape) }
}

/** [H, W, C] as [C, H, W]. */
function outside(shape: Shape): Shape {
  return shape.length === 3 ? [shape[2], shape[0], shape[1]] : shape
}

/** Places a node behind others. A layer's name that is taken gets a line behind it. @returns the node's name */
function place({ nodes, edges }: Writing, wanted: string, node: NirNode, { sources }: Signal): string {
  let name = wanted
  while (nodes.has(name) || (name === 'output' && node.type !== 'Output')) name += '_'
  nodes.set(name, node)
  for (const source of sources) edges.push([source, name])
  return name
}

/** Writes a layer, or the layers it is made of, and gives what comes out. */
function written(layer: Layer, signal: Signal, writing: Writing): Signal {
  const through = layer.follow<Signal>(signal, {
    apply: (inner, value) => written(inner, value, writing),
    add: (a, b) => ({ sources: [...a.sources, ...b.sources], shape: a.shape }),
  })
  if (through) return through
  try {
    return single(layer, signal, writing)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    writing.labels.push({ node: layer.path, type: layer.type, label: 'refused', why: error.message })
    return signal
  }
}

function single(layer: Layer, signal: Signal, writing: Writing): Signal {
  if (layer instanceof Conv2d) return convolution(layer, signal, writing)
  if (layer instanceof Linear) return linear(layer, signal, writing)
  if (layer instanceof Spiking) return neurons(layer, signal, writing)
  if (layer instanceof BatchNorm2d) return batchNorm(layer.path, layer.path, signal, writing)
  if (layer instanceof AvgPool2d) return averagePool(layer, signal, writing)
  if (layer instanceof AdaptiveAvgPool2d) return adaptivePool(layer, signal, writing)
  if (layer instanceof Flatten) return flattened(layer.path, signal, writing)
  if (layer instanceof Dropout) return signal
  if (layer instanceof Recurrent) return recurrent(layer, signal, writing)
  throw new Refusal('NIR has no such node')
}

/** The shape that a layer was built to give. */
function shapeBehind({ path }: Layer, { network }: Writing): Shape {
  return outside(network.rows.find((row) => row.path === path)!.output.shape)
}

/** A parameter of the layer at a path; a network of one layer alone has none. */
function parameterOf(network: Network, path: string, name: string): Parameter {
  return network.parameter(path === '' ? name : `${path}.${name}`)
}

function add(writing: Writing, path: string, { node, label, gain }: NodeOut, signal: Signal, shape: Shape): Signal {
  const name = place(writing, path || 'layer', node, signal)
  writing.labels.push({ node: name, type: node.type, ...label })
  if (gain) writing.gains.set(name, gain)
  return { sources: [name], shape }
}

function images(shape: Shape): readonly [channels: number, height: number, width: number] {
  if (shape.length === 3) return [shape[0], shape[1], shape[2]]
  throw new Refusal(`it works on images, and gets ${shapeText(shape)}`)
}

function convolutionNode(layer: Conv2d, [, height, width]: readonly number[], { network }: Writing): NirNode {
  const { channels, stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = layer.options
  const weight = parameterOf(network, layer.path, 'weight')
  const shift = bias ? parameterOf(network, layer.path, 'bias').toOutside() : new Float32Array(channels)
  return {
    type: 'Conv2d',
    fields: new Map([
      ['input_shape', integers(height, width)],
      ['weight', numbers(weight.toOutside(), weight.outsideShape)],
      ['stride', integers(...pairOf(stride))],
      ['padding', integers(...pairOf(padding))],
      ['dilation', integers(...pairOf(dilation))],
      ['groups', integers(groups)],
      ['bias', numbers(shift, [channels])],
    ]),
  }
}

function convolution(layer: Conv2d, signal: Signal, writing: Writing): Signal {
  const shape = images(signal.shape)
  const node = convolutionNode(layer, shape, writing)
  return add(writing, layer.path, { node, label: faithful }, signal, shapeBehind(layer, writing))
}

function linearNode(layer: Linear, { network }: Writing): NirNode {
  const weight = parameterOf(network, layer.path, 'weight')
  const matrix = ['weight', numbers(weight.toOutside(), weight.outsideShape)] as const
  if (!(layer.options.bias ?? true)) return { type: 'Linear', fields: new Map([matrix]) }
  const bias = numbers(parameterOf(network, layer.path, 'bias').toOutside(), [layer.options.features])
  return { type: 'Affine', fields: new Map([matrix, ['bias', bias]]) }
}

function linear(layer: Linear, signal: Signal, writing: Writing): Signal {
  const flat = signal.shape.length === 1 ? signal : flattened(`${layer.path}_flatten`, signal, writing)
  return add(writing, layer.path, { node: linearNode(layer, writing), label: faithful }, flat, [layer.options.features])
}

function flattened(name: string, signal: Signal, writing: Writing): Signal {
  const fields = new Map([
    ['start_dim', integers(0)],
    ['end_dim', integers(-1)],
    ['input_type', integers1(signal.shape)],
  ])
  return add(writing, name, { node: { type: 'Flatten', fields }, label: faithful }, signal, [sizeOf(signal.shape)])
}

/**
 * BatchNorm in evaluation: x * scale + shift, channel by channel, as a convolution of each channel on its own until it is
 * known whether the nodes in front can do it.
 */
function batchNorm(name: string, path: string, signal: Signal, writing: Writing): Signal {
  const { network } = writing
  const [channels, height, width] = images(signal.shape)
  const of = (parameter: string) => parameterOf(network, path, parameter).values
  const [weight, bias, mean, variance] = [of('weight'), of('bias'), of('running_mean'), of('running_var')]
  const scale = Float64Array.from(weight, (w, c) => w / Math.sqrt(variance[c] + normEps))
  const shift = Float64Array.from(bias, (b, c) => b - mean[c] * scale[c])
  const node: NirNode = {
    type: 'Conv2d',
    fields: new Map([
      ['input_shape', integers(height, width)],
      ['weight', numbers(scale, [channels, 1, 1, 1])],
      ['stride', integers(1, 1)],
      ['padding', integers(0, 0)],
      ['dilation', integers(1, 1)],
      ['groups', integers(channels)],
      ['bias', numbers(shift)],
    ]),
  }
  const why = 'BatchNorm in evaluation, a scale and a shift of each channel: its sums round otherwise'
  const placed = add(writing, name, { node, label: { label: 'approximate', why } }, signal, signal.shape)
  writing.norms.add(placed.sources[0])
  return placed
}

function neuronsOf({ neuron, path }: Spiking, shape: Shape, { network, dt }: Writing): NodeOut {
  return neuronNode({ neuron, path, network, shape, dt })
}

function neurons(layer: Spiking, signal: Signal, writing: Writing): Signal {
  const { normPath, path } = layer
  const current = normPath === null ? signal : batchNorm(`${path}_norm`, normPath, signal, writing)
  return add(writing, path, neuronsOf(layer, current.shape, writing), current, current.shape)
}

function averagePool(layer: AvgPool2d, signal: Signal, writing: Writing): Signal {
  const { options, path } = layer
  images(signal.shape)
  const kernel = pairOf(options.kernelSize)
  const stride = pairOf(options.stride ?? options.kernelSize)
  const padding = pairOf(options.padding ?? 0)
  const shape = shapeBehind(layer, writing)
  return add(writing, path, { node: poolNode(kernel, stride, padding), label: faithful }, signal, shape)
}

function poolNode(kernel: Pair, stride: Pair, padding: Pair): NirNode {
  const fields = new Map([
    ['kernel_size', integers(...kernel)],
    ['stride', integers(...stride)],
    ['padding', integers(...padding)],
  ])
  return { type: 'AvgPool2d', fields }
}

/** An adaptive pool that shrinks by whole numbers is a plain one; one that changes nothing is left out. */
function adaptivePool({ options, path }: AdaptiveAvgPool2d, signal: Signal, writing: Writing): Signal {
  const [channels, height, width] = images(signal.shape)
  const [rows, columns] = pairOf(options.size)
  if (rows === height && columns === width) return signal
  if (height % rows === 0 && width % columns === 0) {
    const kernel = [height / rows, width / columns] as const
    const label = { label: 'approximate', why: 'a plain pool: sums may round otherwise' } as const
    return add(writing, path, { node: poolNode(kernel, kernel, [0, 0]), label }, signal, [channels, rows, columns])
  }
  const node = spreadNode([channels, height, width], rows, columns)
  const label = { label: 'approximate', why: 'a matrix that averages: NIR has no adaptive pool' } as const
  const flat = flattened(`${path}_flatten`, signal, writing)
  return add(writing, path, { node, label }, flat, [channels * rows * columns])
}

const largestMatrix = 2 ** 26

/** The pool as a matrix, out of flattened [C, H, W] into flattened [C, rows, columns]. */
function spreadNode([channels, height, width]: readonly [number, number, number], rows: number, columns: number) {
  const [inputs, outputs] = [channels * height * width, channels * rows * columns]
  if (inputs * outputs > largestMatrix) throw new Refusal('an adaptive pool, which as a matrix would be too large')
  const weight = new Float32Array(outputs * inputs)
  const window = (i: number, size: number, count: number) => [
    Math.floor((i * size) / count),
    Math.ceil(((i + 1) * size) / count),
  ]
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const [top, bottom] = window(y, height, rows)
        const [left, right] = window(x, width, columns)
        const row = ((c * rows + y) * columns + x) * inputs
        for (let i = top; i < bottom; i++) {
          for (let j = left; j < right; j++) {
            weight[row + (c * height + i) * width + j] = 1 / ((bottom - top) * (right - left))
          }
        }
      }
    }
  }
  const node: NirNode = { type: 'Linear', fields: new Map([['weight', numbers(weight, [outputs, inputs])]]) }
  return node
}

function recurrent({ neurons: layer, feedback, path }: Recurrent, signal: Signal, writing: Writing): Signal {
  const described = neuronsOf(layer, signal.shape, writing)
  const back =
    feedback instanceof Linear
      ? linearNode(feedback, writing)
      : convolutionNode(feedback, images(signal.shape), writing)
  const after = add(writing, path, described, signal, signal.shape)
  const name = place(writing, `${path}_feedback`, back, after)
  writing.edges.push([name, after.sources[0]])
  writing.labels.push({ node: name, type: back.type, label: 'faithful', why: 'spikes come back one step later' })
  return after
}
