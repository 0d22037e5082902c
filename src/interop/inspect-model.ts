import type { FileInspection } from '../data/index.ts'
import { bytesSource, isHdf5, readZip } from '../formats/index.ts'
import { readNir } from './nir/index.ts'
import { isOldPytorch, isPytorchArchive, readPytorch } from './pytorch/index.ts'
import { readSafetensors, type SafetensorsTensor } from './safetensors.ts'

/**
 * What a file of a trained network holds: a PyTorch state dict, a NIR graph (by the ending .nir), or safetensors (by its
 * ending). All of it is read; nothing is executed.
 * @returns undefined for a file of another kind
 * @throws FormatError if it is damaged, or of an older form that is not read
 */
export async function inspectModelFile(bytes: Uint8Array, file: string): Promise<FileInspection | undefined> {
  const found = { file, bytes: bytes.length, kind: 'arrays' } as const
  if (/\.safetensors$/i.test(file)) {
    const { tensors, metadata, unread } = readSafetensors(bytes, file)
    const format = metadata.format === undefined ? [] : [`format ${metadata.format}`]
    return { ...found, format: 'safetensors', arrays: shapesOf(tensors), notes: [...format, ...unreadNotes(unread)] }
  }
  if (isHdf5(bytes) && /\.nir$/i.test(file)) {
    const { version, nodes, edges } = await readNir(bytes, file)
    const counts = new Map<string, number>()
    for (const { type } of nodes.values()) counts.set(type, (counts.get(type) ?? 0) + 1)
    const types = [...counts].map(([type, count]) => `${type} ${count}`).join(', ')
    const arrays = [...nodes].flatMap(([node, { fields }]) =>
      [...fields].flatMap(([name, field]) =>
        typeof field === 'string' ? [] : [[`${node}/${name}`, field.shape] as const],
      ),
    )
    const notes = [`version ${version}, ${edges.length} edges`, `nodes: ${types}`]
    return { ...found, format: 'NIR graph', arrays: Object.fromEntries(arrays), notes }
  }
  if (!isOldPytorch(bytes) && !(await isPytorch(bytes, file))) return undefined
  const { tensors, entry, others, unread } = await readPytorch(bytes, file)
  const where = entry === '' ? [] : [`the tensors are in the entry '${entry}'`]
  const beside = others.length === 0 ? [] : [`other entries: ${others.join(', ').slice(0, 200)}`]
  const notes = [...where, ...beside, ...unreadNotes(unread)]
  return { ...found, format: 'PyTorch state dict', arrays: shapesOf(tensors), notes }
}

/** Tensors of types that are not read. */
function unreadNotes(unread: ReadonlyMap<string, string> = new Map()): string[] {
  const listed = [...unread].map(([name, type]) => `${name} (${type})`)
  return listed.length === 0 ? [] : [`not read: ${listed.join(', ').slice(0, 200)}`]
}

async function isPytorch(bytes: Uint8Array, file: string): Promise<boolean> {
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b || /\.npz$/i.test(file)) return false
  return isPytorchArchive((await readZip(bytesSource(bytes, file))).map(({ name }) => name))
}

function shapesOf(tensors: ReadonlyMap<string, SafetensorsTensor>): Record<string, readonly number[]> {
  return Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))
}
