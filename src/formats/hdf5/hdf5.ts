import { FormatError, float16, sizeOf } from '../../base/index.ts'
import { damageAt } from '../damage.ts'
import { unpackedLimit } from '../unpacked-limit.ts'

/** Numbers of a dataset, as they are stored. */
export type Hdf5Numbers =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** One dataset. It holds numbers, texts, lists of numbers, or what is not read: then `other` says what. */
export interface Hdf5Dataset {
  /** Sizes; none for a single value. */
  readonly shape: readonly number[]
  readonly numbers?: Hdf5Numbers
  readonly texts?: readonly string[]
  /** One list of numbers per entry. 16-bit floats come as float32. */
  readonly lists?: readonly Hdf5Numbers[]
  readonly other?: string
}

/** All of an HDF5 file. Paths have no slash in front. */
export interface Hdf5File {
  readonly datasets: ReadonlyMap<string, Hdf5Dataset>
  /** Names below each group; '' is the root. */
  readonly groups: ReadonlyMap<string, readonly string[]>
}

export interface Hdf5Limits {
  /** Bytes that all values may take together; default by the size of the file, at most 2^30. */
  readonly bytes?: number
  /** Groups and datasets; default 100,000. */
  readonly objects?: number
}

/** What is read of a file. */
export interface Hdf5Choice extends Hdf5Limits {
  /** The paths whose values are read; of all others the shape alone is. Default: all. */
  readonly only?: readonly string[]
}

/** Bytes that the values of a file may take, where nothing else is said. */
export function usualHdf5Bytes(fileBytes: number): number {
  return Math.min(2 ** 30, unpackedLimit(fileBytes))
}

const signature = [0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10]
const deepest = 32

/** Whether the bytes begin as an HDF5 file does. */
export function isHdf5(bytes: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[i] === byte)
}

/** @throws FormatError if the bytes begin otherwise */
export function checkHdf5(bytes: Uint8Array, file: string): void {
  if (isHdf5(bytes)) return
  throw damageAt(file, 0, { what: 'not an HDF5 file', expected: '89 48 44 46 0d 0a 1a 0a', got: 'other bytes' })
}

/**
 * Reads all of an HDF5 file in this thread, with the HDF5 group's own library compiled to WebAssembly, which is loaded at
 * the first call. A damaged file can keep that library busy for ever: `readHdf5` does the same in a thread that is ended
 * then.
 * @throws FormatError if it is damaged, or holds more than the limits allow
 */
export async function readHdf5Here(bytes: Uint8Array, file: string, choice: Hdf5Choice = {}): Promise<Hdf5File> {
  checkHdf5(bytes, file)
  const { default: h5wasm } = await import('h5wasm')
  const { FS, activate_throwing_error_handler: throwErrors } = await h5wasm.ready
  throwErrors()
  const name = 'file.h5'
  FS.writeFile(name, bytes)
  const at = { path: '' }
  try {
    const opened = new h5wasm.File(name, 'r')
    try {
      return walk(opened as unknown as RawGroup, { ...choice, file, fileBytes: bytes.length }, at)
    } finally {
      opened.close()
    }
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw damageAt(file, 0, {
      what: `HDF5 file is damaged, or holds what is not read (at /${at.path.slice(0, 120)})`,
      got: message.split('\n')[0].slice(0, 200) || 'no reason given',
    })
  } finally {
    FS.unlink(name)
  }
}

interface RawType {
  type: number
  size: number
  signed: boolean
  shape: number[] | null
  total_size: number
  vlen?: boolean
  vlen_type?: RawType
}

interface RawDataset {
  readonly metadata: RawType
  readonly value: unknown
  slice(ranges: [number, number][]): unknown
}

interface RawGroup {
  keys(): string[]
  get(name: string): unknown
}

function walk(root: RawGroup, { file, fileBytes, ...choice }: Walk, at: { path: string }): Hdf5File {
  const { objects: most = 100_000, bytes: mostBytes = usualHdf5Bytes(fileBytes), only } = choice
  const room = { bytes: mostBytes, objects: most }
  const take = (bytes: number) => {
    room.bytes -= bytes
    if (!(room.bytes >= 0)) throw tooLarge(file, at.path, mostBytes)
  }
  const datasets = new Map<string, Hdf5Dataset>()
  const groups = new Map<string, readonly string[]>()
  const visit = (group: RawGroup, path: string, depth: number) => {
    at.path = path
    const names = group.keys()
    groups.set(path, names)
    for (const name of names) {
      const below = path === '' ? name : `${path}/${name}`
      at.path = below
      if (--room.objects < 0) throw new Error(`more than ${most} groups and datasets`)
      const found = root.get(below)
      const wanted = only === undefined || only.includes(below)
      if (isDataset(found)) datasets.set(below, readDataset(found, wanted, { take, fileBytes }))
      else if (isGroup(found) && depth < deepest) visit(found, below, depth + 1)
    }
  }
  visit(root, '', 0)
  return { datasets, groups }
}

/** What is read of which file. */
interface Walk extends Hdf5Choice {
  readonly file: string
  readonly fileBytes: number
}

function isGroup(found: unknown): found is RawGroup {
  return typeof (found as Partial<RawGroup> | null)?.keys === 'function'
}

function isDataset(found: unknown): found is RawDataset {
  return typeof (found as Partial<RawDataset> | null)?.slice === 'function'
}

function tooLarge(file: string, path: string, bytes: number): FormatError {
  return damageAt(file, 0, {
    what: 'HDF5 file holds more bytes than are allowed for one of its size',
    expected: `values of at most ${bytes} bytes`,
    got: `more, at /${path.slice(0, 120)}`,
    next: 'The file is damaged or not what it claims to be. If you trust it, save its arrays as NPZ.',
  })
}

/** How values of one file are taken. */
interface Reading {
  /** @throws FormatError once all values together are larger than is allowed */
  take(bytes: number): void
  readonly fileBytes: number
}

function readDataset(raw: RawDataset, wanted: boolean, reading: Reading): Hdf5Dataset {
  const { type, shape, size, total_size: total, vlen, vlen_type: listType } = raw.metadata
  if (shape === null) return { shape: [], other: 'nothing' }
  if (!wanted) return { shape, other: 'not read' }
  reading.take(total * size)
  if (listType) return readLists(raw, shape, listType, reading)
  if (type === stringType && vlen && shape.length > 0) return { shape, texts: readTexts(raw, shape, reading) }
  const isFloat16 = takenAsBits(raw.metadata)
  const { value } = raw
  if (isFloat16)
    return {
      shape,
      numbers: Float32Array.from(ArrayBuffer.isView(value) ? (value as Uint16Array) : [value as number], float16),
    }
  if (ArrayBuffer.isView(value)) return { shape, numbers: value as unknown as Hdf5Numbers }
  if (typeof value === 'number') return { shape, numbers: Float64Array.of(value) }
  if (typeof value === 'bigint') return { shape, numbers: BigInt64Array.of(value) }
  const texts = [value].flat()
  if (texts.every((text) => typeof text === 'string')) return { shape, texts: texts as string[] }
  return { shape, other: 'records, references or other compound values' }
}

/** The library's number for texts. */
const stringType = 3

/** Letters of texts that are taken out of the library at once. */
const lettersAtOnce = 2 ** 24

/** Texts, some rows at a time: many entries may point at one long text, and would take all memory together. */
function readTexts(raw: RawDataset, [rows, ...rest]: readonly number[], { take, fileBytes }: Reading): string[] {
  const inRow = sizeOf(rest)
  const step = Math.max(1, Math.floor(lettersAtOnce / (fileBytes * Math.max(1, inRow))))
  const texts: string[] = []
  for (let first = 0; first < rows; first += step) {
    const ranges = rest.map((size): [number, number] => [0, size])
    for (const text of [raw.slice([[first, Math.min(rows, first + step)], ...ranges])].flat()) {
      if (typeof text !== 'string') throw new Error(`entry ${texts.length} is no text`)
      take(2 * text.length)
      texts.push(text)
    }
  }
  return texts
}

/** The library has no 16-bit floats: their bits are taken as integers. @returns whether a type is one of them */
function takenAsBits(type: RawType): boolean {
  const isFloat16 = type.type === 1 && type.size === 2
  if (isFloat16) Object.assign(type, { type: 0, signed: false })
  return isFloat16
}

function readLists(raw: RawDataset, shape: number[], type: RawType, { take }: Reading): Hdf5Dataset {
  if (shape.length !== 1 || type.type > 1) return { shape, other: 'lists of what are no numbers' }
  const isFloat16 = takenAsBits(type)
  const lists: Hdf5Numbers[] = []
  for (let i = 0; i < shape[0]; i++) {
    const entry = (raw.slice([[i, i + 1]]) as unknown[] | null)?.[0]
    if (!ArrayBuffer.isView(entry)) throw new Error(`entry ${i} is no list of numbers`)
    take(entry.byteLength)
    lists.push(isFloat16 ? Float32Array.from(entry as Uint16Array, float16) : (entry as unknown as Hdf5Numbers))
  }
  return { shape, lists }
}
