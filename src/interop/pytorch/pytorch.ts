import { FormatError } from '../../base/index.ts'
import {
  bytesSource,
  damageAt,
  PickleMade,
  type PickleValue,
  readPickle,
  readZip,
  type ZipEntry,
} from '../../data/index.ts'
import type { SafetensorsFile, SafetensorsTensor } from '../safetensors.ts'
import { Described, storageOf, torchConstructors } from './constructors.ts'
import { bytesOf, gathered, numberTypes, type Storage } from './storage.ts'

/** Tensors by name, and where in the file they were. */
export interface PytorchFile extends SafetensorsFile {
  /** The entry that held them, such as `net`; empty where the file is one state dict. */
  readonly entry: string
  /** The file's other entries, such as `optimizer`. */
  readonly others: readonly string[]
}

/** Where training scripts usually put the state dict. */
const usualEntries = ['state_dict', 'net', 'model', 'model_state_dict', 'network', 'weights', 'params']

/** Tensors that share storages, or come wider than they were stored, may take this much of the file's size. */
const mostCopies = 16

/** Whether bytes begin as a PyTorch file from before version 1.6: pickles one after the other, no archive. */
export function isOldPytorch(bytes: Uint8Array): boolean {
  const magic = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
  return bytes[0] === 0x80 && magic.every((byte, i) => bytes[2 + i] === byte)
}

/** Whether an archive's members are those of a PyTorch file. */
export function isPytorchArchive(names: readonly string[]): boolean {
  return names.some((name) => /(^|\/)data\.pkl$/.test(name))
}

/**
 * Reads the state dict of a PyTorch file (`torch.save` of a state dict, or of a dictionary that holds one). Nothing is ever
 * executed: the pickle inside is read as data, and names that are not on a short list end in an error.
 * @param options.entry which entry of the file's dictionary holds the tensors; default: the usual names, or the only one
 * @returns tensors in PyTorch's layout; float16 and bfloat16 come as float32
 * @throws FormatError if it is damaged, names other code, or holds no tensors
 */
export async function readPytorch(
  bytes: Uint8Array,
  file = 'PyTorch bytes',
  options: { readonly entry?: string } = {},
): Promise<PytorchFile> {
  if (isOldPytorch(bytes)) {
    throw new FormatError({
      what: 'a PyTorch file from before version 1.6 is not read',
      place: `${file}, byte 0`,
      expected: 'a zip archive',
      got: 'pickles one after the other',
      next: 'write it anew in Python: torch.save(torch.load(FILE), NEW_FILE)',
    })
  }
  const archive = await openArchive(bytes, file)
  const root = rootOf(await archive.member('data.pkl', bytes.length), `${file}, member data.pkl`)
  const { entry, described, others } = stateDict(root, options.entry, file)
  const total = [...described.values()].reduce((sum, { tensor }) => sum + bytesOf(tensor), 0)
  if (total > mostCopies * bytes.length) {
    throw damageAt(file, 0, {
      what: 'PyTorch file describes more numbers than it holds',
      expected: `at most ${mostCopies * bytes.length} bytes`,
      got: `${total} bytes`,
    })
  }
  const storages = new Map<string, Uint8Array>()
  const tensors = new Map<string, SafetensorsTensor>()
  // PyTorch stores numbers unpacked, each once: more than the file's own size is a bomb.
  let room = bytes.length
  for (const [name, { tensor }] of described) {
    const { key } = tensor.storage
    const stored = storages.get(key) ?? (await archive.member(`data/${key}`, room))
    if (!storages.has(key)) room -= stored.length
    storages.set(key, stored)
    if (stored.length < tensor.storage.count * numberTypes[tensor.storage.type].bytes) {
      throw shortStorage(file, tensor.storage, stored.length)
    }
    tensors.set(name, gathered(tensor, stored))
  }
  return { tensors, metadata: {}, entry, others }
}

interface Archive {
  /** @param most bytes that the member may have unpacked */
  member(name: string, most: number): Promise<Uint8Array>
}

async function openArchive(bytes: Uint8Array, file: string): Promise<Archive> {
  const entries = await readZip(bytesSource(bytes, file))
  const pickle = entries.find(({ name }) => /(^|\/)data\.pkl$/.test(name))
  if (!pickle) {
    throw damageAt(file, 0, {
      what: 'not a PyTorch file',
      expected: 'a zip archive with the member data.pkl',
      got: entries.length === 0 ? 'an empty archive' : entries[0].name.slice(0, 120),
      next: 'give a file that torch.save wrote',
    })
  }
  const folder = pickle.name.slice(0, -'data.pkl'.length)
  const byName = new Map<string, ZipEntry>(entries.map((entry) => [entry.name, entry]))
  const member = async (name: string, most: number) => {
    const entry = byName.get(folder + name)
    if (entry) return entry.bytes(most)
    throw damageAt(file, 0, { what: `PyTorch file lacks the member ${name.slice(0, 80)}` })
  }
  if (byName.has(`${folder}constants.pkl`)) {
    throw damageAt(file, 0, {
      what: 'a TorchScript program is not read',
      expected: 'a state dict',
      got: 'a program',
      next: 'save the parameters alone in Python: torch.save(net.state_dict(), NEW_FILE)',
    })
  }
  if (byName.has(`${folder}byteorder`)) {
    const order = new TextDecoder().decode(await member('byteorder', 16))
    if (order !== 'little') {
      throw damageAt(file, 0, { what: 'PyTorch file has an unknown byte order', expected: 'little', got: order })
    }
  }
  return { member }
}

function rootOf(pickle: Uint8Array, place: string): PickleValue {
  try {
    return readPickle(pickle, { file: place, constructors: torchConstructors, persistent: storageOf })
  } catch (error) {
    if (!(error instanceof FormatError) || !error.message.includes('names code')) throw error
    const next = 'nothing was executed. Save the parameters alone in Python: torch.save(net.state_dict(), NEW_FILE)'
    throw new FormatError({ ...error.parts, next })
  }
}

function mapOf(value: PickleValue | undefined): Map<PickleValue, PickleValue> | undefined {
  const inner = value instanceof PickleMade ? value.value : value
  return inner instanceof Map ? inner : undefined
}

function tensorsIn(map: Map<PickleValue, PickleValue>): Map<string, Described> {
  const found = new Map<string, Described>()
  for (const [name, value] of map) {
    if (value instanceof PickleMade && value.value instanceof Described) found.set(String(name), value.value)
  }
  return found
}

function stateDict(root: PickleValue, wanted: string | undefined, file: string) {
  const map = mapOf(root)
  const names = [...(map?.keys() ?? [])].map(String)
  if (map && wanted === undefined) {
    const described = tensorsIn(map)
    if (described.size > 0) {
      return { entry: '', described, others: names.filter((name) => !described.has(name)) }
    }
  }
  const nested = [...(map ?? [])].flatMap(([name, value]) => {
    const inner = mapOf(value)
    const described = inner ? tensorsIn(inner) : new Map<string, Described>()
    return described.size > 0 ? [{ entry: String(name), described }] : []
  })
  const usual = usualEntries.flatMap((name) => nested.filter(({ entry }) => entry === name))
  const chosen = wanted === undefined ? (usual[0] ?? (nested.length === 1 ? nested[0] : undefined)) : byEntry()
  if (chosen) return { ...chosen, others: names.filter((name) => name !== chosen.entry) }
  const several = nested.map(({ entry }) => entry).join(', ')
  throw damageAt(`${file}, member data.pkl`, 0, {
    what: nested.length === 0 ? 'PyTorch file holds no tensors by name' : 'PyTorch file holds several sets of tensors',
    expected: wanted === undefined ? 'a state dict, or a dictionary that holds one' : `the entry '${wanted}'`,
    got: several || names.slice(0, 12).join(', ').slice(0, 200) || 'no dictionary',
    next: several === '' ? 'save net.state_dict() in Python' : `name one of them: --entry ${nested[0].entry}`,
  })

  function byEntry() {
    return nested.find(({ entry }) => entry === wanted)
  }
}

function shortStorage(file: string, { key, type, count }: Storage, got: number): FormatError {
  return damageAt(`${file}, member data/${key.slice(0, 80)}`, 0, {
    what: 'a storage of the PyTorch file is too short',
    expected: `${count * numberTypes[type].bytes} bytes of ${type}`,
    got: `${got} bytes`,
  })
}
