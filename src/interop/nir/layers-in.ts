import { type Shape, shapeText, sizeOf } from '../../base/index.ts'
import { AvgPool2d, Conv2d, Flatten, type Layer, Linear, Sequential, Spiking } from '../../nn/index.ts'
import type { NirArray, NirLabel, NirNode, NirType } from './graph.ts'
import { type NeuronSurroundings, neuronReaders } from './neurons-in.ts'
import { arrayOf, finiteOf, pairOf, Refusal, wholeOf } from './values.ts'

/** A layer read from a node, what comes out of it, and the values of its parameters. */
export interface LayerIn {
  /** Null for a node that changes nothing here. */
  readonly layer: Layer | null
  /** As NIR orders it: [C, H, W] or [N]. */
  readonly output: Shape
  /** By the parameter's name below the layer, in the order of files. */
  readonly values: { readonly [parameter: string]: ArrayLike<number> }
  readonly label: Omit<NirLabel, 'node' | 'type'>
}

type Reader = (node: NirNode, input: Shape, surroundings: Omit<NeuronSurroundings, 'shape'>) => LayerIn

const faithful: LayerIn['label'] = { label: 'faithful', why: '' }

function imageOf(input: Shape, what: string): readonly [channels: number, height: number, width: number] {
  if (input.length === 3) return [input[0], input[1], input[2]]
  throw new Refusal(`${what} needs frames [C, H, W], and gets ${shapeText(input)}`)
}

/** A bias that is not there, or does nothing, is left out. */
function biasOf(node: NirNode, channels: number): NirArray | null {
  if (!node.fields.has('bias')) return null
  const bias = finiteOf(node, 'bias')
  if (bias.values.length !== channels) throw new Refusal(`its bias has ${bias.values.length} numbers, not ${channels}`)
  return bias.values.some((value) => value !== 0) ? bias : null
}

function paddingOf(node: NirNode, kernel: readonly [number, number], dilation: readonly [number, number]) {
  const field = node.fields.get('padding')
  if (typeof field !== 'string') return pairOf(node, 'padding', 0)
  if (field === 'valid') return [0, 0] as const
  const total = kernel.map((size, axis) => dilation[axis] * (size - 1))
  if (field === 'same' && total.every((sum) => sum % 2 === 0)) return [total[0] / 2, total[1] / 2] as const
  throw new Refusal(`its padding '${field.slice(0, 20)}' is not the same on both sides`)
}

function covered(size: number, kernel: number, stride: number, padding: number, dilation: number): number {
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1
}

const convolution2d: Reader = (node, input) => {
  const weight = finiteOf(node, 'weight')
  const [out, within, kh, kw] = weight.shape
  if (weight.shape.length !== 4) throw new Refusal(`its weight has the shape ${shapeText(weight.shape)}`)
  const [, height, width] = imageOf(input, 'a convolution')
  const stride = pairOf(node, 'stride', 1)
  const dilation = pairOf(node, 'dilation', 1)
  const padding = paddingOf(node, [kh, kw], dilation)
  const groups = wholeOf(node, 'groups')
  if (within * groups !== input[0]) throw new Refusal(`its weight takes ${within * groups} channels of ${input[0]}`)
  const bias = biasOf(node, out)
  const own = kh === 1 && kw === 1 && groups === 1 && out === within ? diagonalOf(weight) : null
  const layer = new Conv2d({
    channels: out,
    kernelSize: [kh, kw],
    stride,
    padding,
    dilation,
    groups: own ? out : groups,
    bias: bias !== null,
  })
  const output = [
    out,
    covered(height, kh, stride[0], padding[0], dilation[0]),
    covered(width, kw, stride[1], padding[1], dilation[1]),
  ]
  return {
    layer,
    output,
    values: { weight: own ?? weight.values, ...(bias ? { bias: bias.values } : {}) },
    label: faithful,
  }
}

/** The diagonal of a square matrix that is 0 elsewhere: each channel on its own, which is cheaper. */
function diagonalOf({ shape: [size], values }: NirArray): number[] | null {
  const diagonal = Array.from({ length: size }, (_, i) => Number(values[i * size + i]))
  return values.every((value, i) => value === 0 || i % (size + 1) === 0) ? diagonal : null
}

/** A convolution along one axis is one along the width of frames that are one pixel high. */
const convolution1d: Reader = (node, input) => {
  const weight = finiteOf(node, 'weight')
  const [out, within, size] = weight.shape
  if (weight.shape.length !== 3) throw new Refusal(`its weight has the shape ${shapeText(weight.shape)}`)
  const [, height, width] = imageOf(input, 'a convolution along one axis')
  if (height !== 1) throw new Refusal(`a convolution along one axis gets frames ${shapeText(input)}`)
  const groups = wholeOf(node, 'groups')
  if (within * groups !== input[0]) throw new Refusal(`its weight takes ${within * groups} channels of ${input[0]}`)
  const [stride, dilation] = [wholeOf(node, 'stride'), wholeOf(node, 'dilation')]
  const [, padding] = paddingOf(node, [1, size], [1, dilation])
  const bias = biasOf(node, out)
  const layer = new Conv2d({
    channels: out,
    kernelSize: [1, size],
    stride: [1, stride],
    padding: [0, padding],
    dilation: [1, dilation],
    groups,
    bias: bias !== null,
  })
  const output = [out, 1, covered(width, size, stride, padding, dilation)]
  return { layer, output, values: { weight: weight.values, ...(bias ? { bias: bias.values } : {}) }, label: faithful }
}

const affine: Reader = (node, input) => {
  const weight = finiteOf(node, 'weight')
  const [out, features] = weight.shape
  if (weight.shape.length !== 2) throw new Refusal(`its weight has the shape ${shapeText(weight.shape)}`)
  if (input.length !== 1 || input[0] !== features) {
    throw new Refusal(`its weight takes ${features} numbers, and it gets ${shapeText(input)}`)
  }
  const bias = biasOf(node, out)
  const layer = new Linear({ features: out, bias: bias !== null })
  const values = { weight: weight.values, ...(bias ? { bias: bias.values } : {}) }
  return { layer, output: [out], values, label: faithful }
}

function pool(node: NirNode, input: Shape) {
  const kernelSize = pairOf(node, 'kernel_size', 1)
  const stride = pairOf(node, 'stride', 1)
  const padding = pairOf(node, 'padding', 0)
  const [channels, height, width] = imageOf(input, 'a pool')
  if (padding.some((size, axis) => 2 * size > kernelSize[axis]))
    throw new Refusal('it pads by more than half its window')
  const output = [
    channels,
    covered(height, kernelSize[0], stride[0], padding[0], 1),
    covered(width, kernelSize[1], stride[1], padding[1], 1),
  ]
  return { layer: new AvgPool2d({ kernelSize, stride, padding }), output, area: kernelSize[0] * kernelSize[1] }
}

const averagePool: Reader = (node, input) => ({ ...pool(node, input), values: {}, label: faithful })

const sumPool: Reader = (node, input, surroundings) => {
  const { layer, output, area } = pool(node, input)
  const scale: NirNode = { type: 'Scale', fields: new Map([['scale', { shape: [], values: Float64Array.of(area) }]]) }
  const { neuron } = neuronReaders.Scale!(scale, { ...surroundings, shape: output })
  const exact = Number.isInteger(Math.log2(area))
  const why = `a mean over ${area}, times ${area}${exact ? '' : ': the last digit may be rounded'}`
  return {
    layer: new Sequential([layer, new Spiking({ neuron })]),
    output,
    values: {},
    label: { label: exact ? 'faithful' : 'approximate', why },
  }
}

const flatten: Reader = (node, input) => {
  const { values } = arrayOf(node, 'start_dim')
  const { values: ends } = arrayOf(node, 'end_dim')
  if (input.length === 1) return { layer: null, output: input, values: {}, label: faithful }
  // Files count axes with and without a first one for the batch.
  const whole = (values[0] === 0 || values[0] === 1) && (ends[0] === -1 || ends[0] >= input.length - 1)
  if (!whole)
    throw new Refusal(`it flattens the axes ${values[0]} to ${ends[0]} of ${shapeText(input)}: all are needed`)
  return { layer: new Flatten(), output: [sizeOf(input)], values: {}, label: faithful }
}

/** Neurons; a tensor of a channel each is all they know. */
function neurons(type: NirType): Reader {
  return (node, input, surroundings) => {
    const { neuron, values, label } = neuronReaders[type]!(node, { ...surroundings, shape: input })
    return { layer: new Spiking({ neuron }), output: input, values, label }
  }
}

/** An end of a nested graph, which passes on what it gets. */
const through: Reader = (_node, input) => ({ layer: null, output: input, values: {}, label: faithful })

/** By the type of the node; `Input` and `Output` are those of nested graphs. */
export const layerReaders: { readonly [type in NirType]: Reader } = {
  Input: through,
  Output: through,
  Affine: affine,
  Linear: affine,
  Conv1d: convolution1d,
  Conv2d: convolution2d,
  AvgPool2d: averagePool,
  SumPool2d: sumPool,
  Flatten: flatten,
  LIF: neurons('LIF'),
  IF: neurons('IF'),
  LI: neurons('LI'),
  I: neurons('I'),
  CubaLIF: neurons('CubaLIF'),
  CubaLI: neurons('CubaLI'),
  Scale: neurons('Scale'),
  Threshold: neurons('Threshold'),
  Delay: neurons('Delay'),
}
