import { sizeOf } from '../../base/index.ts'
import type { NirArray, NirGraph, NirNode } from './graph.ts'

interface Group {
  create_group(name: string): Group
  create_dataset(dataset: { name: string; data: unknown; shape: number[] }): unknown
}

/**
 * A NIR graph as the bytes of an HDF5 file, laid out as the format's own library does. The HDF5 library is loaded at the
 * first call.
 */
export async function writeNir(graph: NirGraph): Promise<Uint8Array> {
  const { default: h5wasm } = await import('h5wasm')
  const { FS } = await h5wasm.ready
  const name = 'written.nir'
  const file = new h5wasm.File(name, 'w')
  try {
    const root = file as unknown as Group
    text(root, 'version', graph.version)
    const node = root.create_group('node')
    text(node, 'type', 'NIRGraph')
    const edges = graph.edges.flat()
    node.create_dataset({ name: 'edges', data: edges, shape: [graph.edges.length, 2] })
    const nodes = node.create_group('nodes')
    for (const [path, described] of graph.nodes) writeNode(nodes.create_group(path), described)
    file.flush()
  } finally {
    file.close()
  }
  const bytes = FS.readFile(name).slice()
  FS.unlink(name)
  return bytes
}

function text(group: Group, name: string, value: string): void {
  group.create_dataset({ name, data: [value], shape: [] })
}

function writeNode(group: Group, { type, fields, metadata }: NirNode): void {
  text(group, 'type', type)
  for (const [name, field] of fields) {
    if (typeof field === 'string') text(group, name, field)
    else group.create_dataset({ name, data: stored(field.values), shape: [...field.shape] })
  }
  if (!metadata) return
  const beside = group.create_group('metadata')
  for (const [name, value] of Object.entries(metadata)) text(beside, name, value)
}

/** Whole numbers are stored in 8 bytes, as the format's own library does: some readers take no others. */
function stored(values: NirArray['values']): NirArray['values'] | BigInt64Array {
  return values instanceof Int32Array ? BigInt64Array.from(values, BigInt) : values
}

/** Weights and biases, as float32: what all that read these files compute with. */
export function narrow(values: ArrayLike<number>, shape: readonly number[]): NirArray {
  return { shape, values: Float32Array.from(values) }
}

/** Numbers of a node: a list, or an array of a shape; as float32 where that keeps them. */
export function numbers(values: readonly number[] | Float32Array | Float64Array, shape?: readonly number[]): NirArray {
  const own = values.every((value) => Math.fround(value) === value)
    ? Float32Array.from(values)
    : Float64Array.from(values)
  const given = shape ?? [own.length]
  if (sizeOf(given) !== own.length) throw new Error(`${own.length} numbers for the shape [${given.join(', ')}]`)
  return { shape: given, values: own }
}

/** Whole numbers of a node, such as a stride; one alone has no axis. */
export function integers(...values: number[]): NirArray {
  return { shape: values.length === 1 ? [] : [values.length], values: Int32Array.from(values) }
}
