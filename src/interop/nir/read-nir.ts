import { FormatError, sizeOf, suggestion } from '../../base/index.ts'
import { type Hdf5Dataset, type Hdf5File, type Hdf5Options, readHdf5 } from '../../formats/index.ts'
import { type NirArray, type NirGraph, type NirNode, type NirType, nodeTypes } from './graph.ts'

const deepest = 16
const mostNodes = 10_000
/**
 * Bytes that the numbers of a graph may take unpacked, beside so many times the file's size. Parameters that are the same for
 * all neurons pack well; a small file that fills the memory is none of a network.
 */
const leastRoom = 2 ** 26
const mostPacked = 64

/** Whether an HDF5 file is a NIR graph. */
export function isNir({ datasets }: Hdf5File): boolean {
  return datasets.has('node/type') && datasets.has('node/edges')
}

/**
 * Reads a NIR graph. Nested graphs are laid flat: their nodes get the outer name in front, with a dot.
 * @throws FormatError if it is damaged, names nodes that are not there, or has a node of an unknown type
 * @see Pedersen et al. 2024, Neuromorphic intermediate representation; https://neuroir.org
 */
export async function readNir(bytes: Uint8Array, file = 'NIR bytes', options: Hdf5Options = {}): Promise<NirGraph> {
  const most = Math.min(2 ** 30, leastRoom + mostPacked * bytes.length)
  return nirGraph(await readHdf5(bytes, file, { bytes: most, ...options }), file)
}

/** The graph in an HDF5 file that was read. @throws FormatError as `readNir` */
export function nirGraph(contents: Hdf5File, file: string): NirGraph {
  if (!isNir(contents)) {
    throw new FormatError({
      what: 'HDF5 file is no NIR graph',
      place: `${file}, group "node"`,
      expected: 'the datasets node/type and node/edges',
      got: [...contents.datasets.keys()].slice(0, 6).join(', ').slice(0, 200) || 'no datasets',
    })
  }
  const nodes = new Map<string, NirNode>()
  const { ends, edges } = readGraph(contents, 'node', '', nodes, file, 0)
  if (ends) throw fault(file, 'node', 'a graph where a node is due', 'a nested graph', 'nothing')
  return { version: textAt(contents, 'version') ?? '', nodes, edges }
}

type Edge = readonly [from: string, to: string]

/** Nodes of a graph at `path` go into `nodes`, with `prefix` in front; edges use those names. */
function readGraph(
  contents: Hdf5File,
  path: string,
  prefix: string,
  nodes: Map<string, NirNode>,
  file: string,
  depth: number,
): { ends: { input: string; output: string } | null; edges: Edge[] } {
  const names = contents.groups.get(`${path}/nodes`)
  if (!names || depth > deepest) throw fault(file, path, 'graph cannot be read', 'a group of nodes', 'none')
  const inner = new Map<string, { input: string; output: string }>()
  const edges: Edge[] = []
  for (const name of names) {
    const at = `${path}/nodes/${name}`
    const full = prefix + name
    if (nodes.size > mostNodes) throw fault(file, at, 'graph has too many nodes', `at most ${mostNodes}`, 'more')
    if (textAt(contents, `${at}/type`) === 'NIRGraph') {
      const nested = readGraph(contents, at, `${full}.`, nodes, file, depth + 1)
      edges.push(...nested.edges)
      if (nested.ends) inner.set(full, nested.ends)
    } else nodes.set(full, readNode(contents, at, file))
  }
  for (const [from, to] of edgesOf(contents, path, file)) {
    const ends = [inner.get(prefix + from)?.output ?? prefix + from, inner.get(prefix + to)?.input ?? prefix + to]
    for (const end of ends) {
      if (nodes.has(end)) continue
      throw fault(file, `${path}/edges`, 'an edge names a node that is not there', 'a node of the graph', end)
    }
    edges.push([ends[0], ends[1]])
  }
  return { ends: depth === 0 ? null : endsOf(names, prefix, nodes, path, file), edges }
}

/** The nodes by which a nested graph is entered and left. */
function endsOf(names: readonly string[], prefix: string, nodes: Map<string, NirNode>, path: string, file: string) {
  const only = (type: NirType) => {
    const found = names.filter((name) => nodes.get(prefix + name)?.type === type)
    if (found.length === 1) return prefix + found[0]
    throw fault(file, path, `a nested graph needs one node of the type ${type}`, '1', String(found.length))
  }
  return { input: only('Input'), output: only('Output') }
}

function edgesOf(contents: Hdf5File, path: string, file: string): Edge[] {
  const dataset = contents.datasets.get(`${path}/edges`)
  const texts = dataset?.texts ?? []
  const empty = dataset !== undefined && sizeOf(dataset.shape) === 0
  if (!empty && (texts.length === 0 || texts.length % 2 !== 0)) {
    throw fault(file, `${path}/edges`, 'edges cannot be read', 'pairs of names', `${texts.length} texts`)
  }
  return Array.from({ length: texts.length / 2 }, (_, i) => [texts[2 * i], texts[2 * i + 1]] as const)
}

function readNode(contents: Hdf5File, path: string, file: string): NirNode {
  const type = textAt(contents, `${path}/type`)
  if (!(nodeTypes as readonly (string | undefined)[]).includes(type)) {
    const next = type === undefined ? undefined : suggestion(type, nodeTypes)
    throw fault(file, path, 'node of an unknown type', nodeTypes.join(', '), type?.slice(0, 80) ?? 'no type', next)
  }
  const fields = new Map<string, NirArray | string>()
  const metadata: Record<string, string> = {}
  for (const name of contents.groups.get(path) ?? []) {
    const dataset = contents.datasets.get(`${path}/${name}`)
    const value = dataset && name !== 'type' ? fieldOf(dataset) : undefined
    if (value !== undefined) fields.set(name, value)
  }
  for (const name of contents.groups.get(`${path}/metadata`) ?? []) {
    const text = textAt(contents, `${path}/metadata/${name}`)
    if (text !== undefined) metadata[name] = text
  }
  return { type: type as NirType, fields, ...(Object.keys(metadata).length > 0 ? { metadata } : {}) }
}

function fieldOf({ shape, numbers, texts }: Hdf5Dataset): NirArray | string | undefined {
  if (texts?.length === 1) return texts[0]
  if (!numbers || numbers.length !== sizeOf(shape)) return undefined
  if (numbers instanceof Float32Array || numbers instanceof Float64Array || numbers instanceof Int32Array) {
    return { shape, values: numbers }
  }
  return { shape, values: Float64Array.from(numbers as ArrayLike<number | bigint>, Number) }
}

function textAt({ datasets }: Hdf5File, path: string): string | undefined {
  const texts = datasets.get(path)?.texts
  return texts?.length === 1 ? texts[0] : undefined
}

function fault(file: string, path: string, what: string, expected: string, got: string, next?: string): FormatError {
  return new FormatError({
    what: `NIR ${what}`,
    place: `${file}, member ${JSON.stringify(path.slice(0, 160))}`,
    expected,
    got: got.slice(0, 160),
    ...(next === undefined ? {} : { next }),
  })
}
