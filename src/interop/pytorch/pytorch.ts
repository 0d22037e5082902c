import { FormatError } from '../../base/index.ts'
import {
  bytesSource,
  damageAt,
  PickleMade,
  PickleTuple,
  type PickleValue,
  readPickle,
  readZip,
  type ZipEntry,
} from '../../formats/index.ts'
import type { SafetensorsFile, SafetensorsTensor } from '../safetensors.ts'
import { Described, storageOf, tensorIn, torchConstructors, Unread } from './constructors.ts'
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
 * executed: the pickle inside is read as data, and what is built by names that are not on a short list is left alone.
 * @param options.entry which entry of the file holds the tensors, such as `net`, `state.net`, or `0` of a list; default: the
 * usual names, or the only one
 * @returns tensors in PyTorch's layout; narrower floats come as float32
 * @throws FormatError if it is damaged, or holds no tensors
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
      next: 'Write it anew in Python: torch.save(torch.load(FILE), NEW_FILE).',
    })
  }
  const archive = await openArchive(bytes, file)
  const { root, unlisted } = rootOf(await archive.member('data.pkl', bytes.length), `${file}, member data.pkl`)
  const { entry, described, unread, others } = stateDict({ root, unlisted }, options.entry, file)
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
  return { tensors, metadata: {}, unread, entry, others }
}

interface Archive {
  /** @param most bytes that the member may have unpacked */
  member(name: string, most: number): Promise<Uint8Array>
}

async function openArchive(bytes: Uint8Array, file: string): Promise<Archive> {
  const entries = await readZip(bytesSource(bytes, file), { zeroIsNone: true })
  const pickle = entries.find(({ name }) => /(^|\/)data\.pkl$/.test(name))
  if (!pickle) {
    throw damageAt(file, 0, {
      what: 'not a PyTorch file',
      expected: 'a zip archive with the member data.pkl',
      got: entries.length === 0 ? 'an empty archive' : entries[0].name.slice(0, 120),
      next: 'Give a file that torch.save wrote.',
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
      next: 'Save the parameters alone in Python: torch.save(net.state_dict(), NEW_FILE).',
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

/** What a pickle holds, and the first name in it that nothing is built by. */
interface Contents {
  readonly root: PickleValue
  readonly unlisted: string | undefined
}

/**
 * Names that no file of weights has use for. Nothing would run here: whoever opens such a file elsewhere shall know what it is.
 */
const running =
  /^(os|posix|nt|subprocess|sys|runpy|importlib|socket|shutil|pty|ctypes)(\.|$)|^(__builtin__|builtins)\.(eval|exec|execfile|compile|__import__|open)$/

function rootOf(pickle: Uint8Array, place: string): Contents {
  const names: string[] = []
  const root = readPickle(pickle, {
    file: place,
    constructors: torchConstructors,
    persistent: storageOf,
    unlisted: (name) => {
      if (names.length === 0) names.push(name.slice(0, 120))
      return !running.test(name)
    },
  })
  return { root, unlisted: names[0] }
}

/** Entries of a dictionary, or of a list by their numbers. Keys that are no texts or numbers name nothing. */
function entriesOf(value: PickleValue): [name: string, value: PickleValue][] {
  const inner = value instanceof PickleMade ? (value.value as PickleValue | undefined) : value
  const list = inner instanceof PickleTuple ? inner.items : inner
  if (Array.isArray(list)) return list.slice(0, mostListed).map((entry, i) => [String(i), entry])
  if (!(inner instanceof Map)) return []
  return [...inner].flatMap(([key, entry]) =>
    typeof key === 'string' || typeof key === 'number' ? [[String(key), entry] as [string, PickleValue]] : [],
  )
}

/** Entries of a list that are looked at. */
const mostListed = 64
/** Dictionaries within dictionaries that are looked into. */
const deepest = 3

interface TensorSet {
  readonly entry: string
  readonly described: ReadonlyMap<string, Described>
  /** Kinds of tensors that are not read, by name. */
  readonly unread: ReadonlyMap<string, string>
}

function tensorsIn(entry: string, value: PickleValue): TensorSet {
  const found = entriesOf(value).map(([name, held]) => [name, tensorIn(held)] as const)
  return {
    entry,
    described: new Map(found.flatMap(([name, held]) => (held instanceof Described ? [[name, held]] : []))),
    unread: new Map(found.flatMap(([name, held]) => (held instanceof Unread ? [[name, held.kind]] : []))),
  }
}

/** Sets of tensors by the names that lead to them, the outermost ones; a dictionary is looked into once. */
function tensorSets(root: PickleValue): TensorSet[] {
  const seen = new Set<PickleValue>()
  let level: [entry: string, value: PickleValue][] = [['', root]]
  for (let depth = 0; depth <= deepest; depth++) {
    const sets = level.map(([entry, value]) => tensorsIn(entry, value)).filter(({ described }) => described.size > 0)
    if (sets.length > 0) return sets
    level = level.flatMap(([entry, value]) => {
      if (seen.has(value)) return []
      seen.add(value)
      return entriesOf(value).map(([name, inner]): [string, PickleValue] => [entry ? `${entry}.${name}` : name, inner])
    })
  }
  return []
}

function stateDict({ root, unlisted }: Contents, wanted: string | undefined, file: string) {
  const names = entriesOf(root).map(([name]) => name)
  const sets = wanted === undefined ? tensorSets(root) : [tensorsIn(wanted, entryAt(root, wanted))]
  const usual = usualEntries.flatMap((name) => sets.filter(({ entry }) => entry.split('.').at(-1) === name))
  const chosen = usual[0] ?? (sets.length === 1 ? sets[0] : undefined)
  if (chosen && chosen.described.size > 0) {
    const isWhole = chosen.entry === ''
    const others = names.filter((name) =>
      isWhole ? !chosen.described.has(name) && !chosen.unread.has(name) : name !== chosen.entry.split('.')[0],
    )
    return { ...chosen, others }
  }
  const found = wanted === undefined ? sets : tensorSets(root)
  const several = found.map(({ entry }) => entry).join(', ')
  throw damageAt(`${file}, member data.pkl`, 0, {
    what: found.length === 0 ? 'PyTorch file holds no tensors by name' : 'PyTorch file holds several sets of tensors',
    expected: wanted === undefined ? 'a state dict, or a dictionary that holds one' : `the entry '${wanted}'`,
    got: several.slice(0, 200) || names.slice(0, 12).join(', ').slice(0, 200) || 'no dictionary',
    next: adviceFor(several, unlisted),
  })
}

function adviceFor(several: string, unlisted: string | undefined): string {
  if (several !== '') return 'Name the entry that is meant.'
  const save = 'Save the parameters alone in Python: torch.save(net.state_dict(), NEW_FILE).'
  return unlisted === undefined ? save : `It names code, ${unlisted}: nothing was executed. ${save}`
}

/** What stands at `a.b`; null where nothing does. */
function entryAt(root: PickleValue, path: string): PickleValue {
  const held = new Map(entriesOf(root))
  if (held.has(path)) return held.get(path)!
  const dot = path.indexOf('.')
  return dot > 0 && held.has(path.slice(0, dot)) ? entryAt(held.get(path.slice(0, dot))!, path.slice(dot + 1)) : null
}

function shortStorage(file: string, { key, type, count }: Storage, got: number): FormatError {
  return damageAt(`${file}, member data/${key.slice(0, 80)}`, 0, {
    what: 'a storage of the PyTorch file is too short',
    expected: `${count * numberTypes[type].bytes} bytes of ${type}`,
    got: `${got} bytes`,
  })
}
