import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/**
 * The part of ONNX's format that step programs need, as values, and how they become bytes. Numbers of fields are those of
 * onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */

export interface OnnxTensor {
  readonly name: string
  readonly dims: readonly number[]
  /** A Uint16Array holds the bits of float16. */
  readonly values: Float32Array | BigInt64Array | Int8Array | Int16Array | Uint16Array
}

/** A dimension by its size, or by a name where any will do. */
export interface OnnxValue {
  readonly name: string
  readonly dims: readonly (number | string)[]
}

export type OnnxAttribute = number | readonly number[] | OnnxGraph

export interface OnnxNode {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: { readonly [name: string]: OnnxAttribute }
}

export interface OnnxGraph {
  readonly name: string
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxTensor[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
}

export const onnxOpset = 17
const irVersion = 8
/** Numbers of element types. */
export const onnxTypes = { float32: 1, int8: 3, int16: 5, int64: 7, float16: 10 } as const
/** Kinds of attributes. */
const kinds = { int: 2, graph: 5, ints: 7 } as const

export function onnxBytes(graph: OnnxGraph, metadata: { readonly [key: string]: string }): Uint8Array<ArrayBuffer> {
  const w = new BinaryWriter()
  w.tag(1, WireType.Varint).int64(irVersion)
  text(w, 2, 'spikelet')
  message(w, 7, () => writeGraph(w, graph))
  message(w, 8, () => {
    text(w, 1, '')
    w.tag(2, WireType.Varint).int64(onnxOpset)
  })
  for (const [key, value] of Object.entries(metadata)) {
    message(w, 14, () => {
      text(w, 1, key)
      text(w, 2, value)
    })
  }
  return Uint8Array.from(w.finish())
}

function message(w: BinaryWriter, field: number, write: () => void): void {
  w.tag(field, WireType.LengthDelimited).fork()
  write()
  w.join()
}

function text(w: BinaryWriter, field: number, value: string): void {
  w.tag(field, WireType.LengthDelimited).string(value)
}

function writeGraph(w: BinaryWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) message(w, 1, () => writeNode(w, node))
  text(w, 2, graph.name)
  for (const tensor of graph.initializers) message(w, 5, () => writeTensor(w, tensor))
  for (const value of graph.inputs) message(w, 11, () => writeValue(w, value))
  for (const value of graph.outputs) message(w, 12, () => writeValue(w, value))
}

function writeNode(w: BinaryWriter, { op, inputs, outputs, attributes = {} }: OnnxNode): void {
  for (const name of inputs) text(w, 1, name)
  for (const name of outputs) text(w, 2, name)
  text(w, 4, op)
  for (const [name, value] of Object.entries(attributes)) message(w, 5, () => writeAttribute(w, name, value))
}

function writeAttribute(w: BinaryWriter, name: string, value: OnnxAttribute): void {
  text(w, 1, name)
  const kind = (number: number) => w.tag(20, WireType.Varint).int32(number)
  if (typeof value === 'number') {
    w.tag(3, WireType.Varint).int64(value)
    kind(kinds.int)
  } else if ('nodes' in value) {
    message(w, 6, () => writeGraph(w, value))
    kind(kinds.graph)
  } else {
    for (const item of value) w.tag(8, WireType.Varint).int64(item)
    kind(kinds.ints)
  }
}

function writeTensor(w: BinaryWriter, { name, dims, values }: OnnxTensor): void {
  for (const size of dims) w.tag(1, WireType.Varint).int64(size)
  w.tag(2, WireType.Varint).int32(typeOf(values))
  text(w, 8, name)
  w.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
}

function typeOf(values: OnnxTensor['values']): number {
  if (values instanceof Float32Array) return onnxTypes.float32
  if (values instanceof BigInt64Array) return onnxTypes.int64
  if (values instanceof Uint16Array) return onnxTypes.float16
  return values instanceof Int8Array ? onnxTypes.int8 : onnxTypes.int16
}

/** Of float32, as everything that goes in and out of these models is. */
function writeValue(w: BinaryWriter, { name, dims }: OnnxValue): void {
  text(w, 1, name)
  message(w, 2, () =>
    message(w, 1, () => {
      w.tag(1, WireType.Varint).int32(onnxTypes.float32)
      message(w, 2, () => {
        for (const size of dims) {
          message(w, 1, () => {
            if (typeof size === 'string') text(w, 2, size)
            else w.tag(1, WireType.Varint).int64(size)
          })
        }
      })
    }),
  )
}
