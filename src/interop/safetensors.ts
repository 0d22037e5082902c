import { FormatError, jsonText, narrowFloats, type Shape, shapeText, sizeOf } from '../base/index.ts'

/** One tensor of a file: the values are flat and row-major; their array type follows the dtype. */
export type SafetensorsTensor =
  | { dtype: 'F32'; shape: Shape; values: Float32Array }
  | { dtype: 'F64'; shape: Shape; values: Float64Array }
  | { dtype: 'I64'; shape: Shape; values: BigInt64Array }
  | { dtype: 'I32'; shape: Shape; values: Int32Array }
  | { dtype: 'U8'; shape: Shape; values: Uint8Array }

export type SafetensorsDtype = SafetensorsTensor['dtype']

export interface SafetensorsFile {
  tensors: Map<string, SafetensorsTensor>
  /** The free text of `__metadata__`, empty where there is none. */
  metadata: Record<string, string>
  /** Types of the tensors that are not read, by name. */
  unread?: ReadonlyMap<string, string>
}

const arrayTypes = {
  F64: Float64Array,
  I64: BigInt64Array,
  F32: Float32Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const

/** How a type of the format comes: as one of those above, each number read from its bytes. */
interface WidenedType {
  readonly bytes: number
  readonly dtype: SafetensorsDtype
  read(view: DataView, at: number): number | bigint
}

const narrow = (name: keyof typeof narrowFloats): WidenedType => {
  const { bytes, fromBits } = narrowFloats[name]
  return {
    bytes,
    dtype: 'F32',
    read: (view, at) => fromBits(bytes === 2 ? view.getUint16(at, true) : view.getUint8(at)),
  }
}

/** Types that come as the next wider one. */
const widened: { readonly [dtype: string]: WidenedType } = {
  F16: narrow('F16'),
  BF16: narrow('BF16'),
  F8_E4M3: narrow('F8_E4M3'),
  F8_E5M2: narrow('F8_E5M2'),
  BOOL: { bytes: 1, dtype: 'U8', read: (view, at) => (view.getUint8(at) ? 1 : 0) },
  I8: { bytes: 1, dtype: 'I32', read: (view, at) => view.getInt8(at) },
  I16: { bytes: 2, dtype: 'I32', read: (view, at) => view.getInt16(at, true) },
  U16: { bytes: 2, dtype: 'I32', read: (view, at) => view.getUint16(at, true) },
  U32: { bytes: 4, dtype: 'I64', read: (view, at) => BigInt(view.getUint32(at, true)) },
}

/** Keeps a header from filling the memory once it is parsed. Those of the largest networks take a tenth. */
const longestHeader = 16 * 2 ** 20
const mostTensors = 100_000

interface Entry {
  name: string
  dtype: string
  shape: number[]
  begin: number
  end: number
}

/**
 * Reads a safetensors file. Values are views of `bytes` where their address is aligned, and copies elsewhere. Floats narrower
 * than float32 come as float32; booleans and narrower integers as the next wider type; other types are left unread, and named.
 * @param file the name that errors show
 * @throws FormatError if the header is damaged, a tensor lies outside the file or over another, bytes belong to no
 * tensor, or a size does not match its shape
 * @see https://huggingface.co/docs/safetensors
 */
export function readSafetensors(bytes: Uint8Array, file = 'safetensors bytes'): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes, file)
  const metadata: Record<string, string> = {}
  const entries: Entry[] = []
  const held = Object.entries(header)
  if (held.length > mostTensors) {
    throw new FormatError({
      what: 'safetensors file has too many tensors',
      place: `${file}, header`,
      expected: `at most ${mostTensors}`,
      got: String(held.length),
    })
  }
  for (const [name, value] of held) {
    if (name === '__metadata__') Object.assign(metadata, readMetadata(value, file))
    else entries.push(readEntry(name, value, file))
  }
  checkCover(entries, bytes.length - dataStart, dataStart, file)
  const tensors = new Map<string, SafetensorsTensor>()
  const unread = new Map<string, string>()
  for (const entry of entries) {
    const tensor = tensorOf(entry, bytes, dataStart)
    if (tensor) tensors.set(entry.name, tensor)
    else unread.set(entry.name, entry.dtype)
  }
  return { tensors, metadata, unread }
}

/**
 * Writes a safetensors file: the header in the order given, the data with the widest dtypes first, so that every
 * tensor is aligned and a reader needs no copies.
 * @throws FormatError if a name repeats or is `__metadata__`, or the number of values does not match the shape
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, SafetensorsTensor]>,
  metadata: Record<string, string> = {},
): Uint8Array {
  const list = [...tensors]
  checkWritable(list)
  const byWidth = [...list].sort((a, b) => b[1].values.BYTES_PER_ELEMENT - a[1].values.BYTES_PER_ELEMENT)
  const begins = new Map<string, number>()
  let size = 0
  for (const [name, tensor] of byWidth) {
    begins.set(name, size)
    size += tensor.values.byteLength
  }
  const fields = list.map(([name, { dtype, shape, values }]) => {
    const begin = begins.get(name)!
    const entry = { dtype, shape, data_offsets: [begin, begin + values.byteLength] }
    return `${JSON.stringify(name)}:${JSON.stringify(entry)}`
  })
  if (Object.keys(metadata).length > 0) fields.unshift(`"__metadata__":${JSON.stringify(metadata)}`)
  const text = new TextEncoder().encode(`{${fields.join(',')}}`)
  const headerLength = Math.ceil(text.length / 8) * 8
  const bytes = new Uint8Array(8 + headerLength + size).fill(0x20, 8, 8 + headerLength)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true)
  bytes.set(text, 8)
  for (const [name, { values }] of list) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 8 + headerLength + begins.get(name)!)
  }
  return bytes
}

function readHeader(bytes: Uint8Array, file: string): { header: Record<string, unknown>; dataStart: number } {
  const other = otherFormat(bytes)
  if (other) {
    throw new FormatError({
      what: `not a safetensors file: ${other.is}`,
      place: `${file}, byte 0`,
      expected: 'a header length of 8 bytes',
      got: other.got,
      next: 'Take it over with `spikelet import`, which writes a checkpoint.',
    })
  }
  if (bytes.length < 8) {
    throw new FormatError({
      what: 'not a safetensors file: too short',
      place: `${file}, byte 0`,
      expected: 'a header length of 8 bytes',
      got: `${bytes.length} bytes`,
    })
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(Math.min(longestHeader, bytes.length - 8))) {
    throw new FormatError({
      what: 'safetensors header length is longer than the file, or absurd',
      place: `${file}, byte 0`,
      expected: `at most ${Math.min(longestHeader, bytes.length - 8)}`,
      got: String(length),
      next: 'The file is truncated or of another format: fetch it again.',
    })
  }
  const dataStart = 8 + Number(length)
  return { header: parseHeader(new Uint8Array(bytes.subarray(8, dataStart)), file), dataStart }
}

const beginnings: readonly { readonly is: string; readonly got: string; readonly bytes: readonly number[] }[] = [
  { is: 'it looks like a PyTorch file', got: 'a zip archive', bytes: [0x50, 0x4b, 3, 4] },
  { is: 'it looks like an old PyTorch file', got: 'a pickle', bytes: [0x80, 2, 0x8a, 0x0a] },
  { is: 'it looks like a NIR graph', got: 'an HDF5 file', bytes: [0x89, 0x48, 0x44, 0x46] },
]

/** What bytes are that begin as another format's. */
function otherFormat(bytes: Uint8Array) {
  return beginnings.find((beginning) => beginning.bytes.every((byte, i) => bytes[i] === byte))
}

function parseHeader(bytes: Uint8Array, file: string): Record<string, unknown> {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new FormatError({
      what: 'safetensors header is not JSON',
      place: `${file}, bytes 8 to ${8 + bytes.length}`,
      got: (cause as Error).message,
      cause,
    })
  }
  if (!isObject(header)) {
    throw new FormatError({ what: 'safetensors header is not an object', place: `${file}, byte 8`, got: typeof header })
  }
  return header
}

function readMetadata(value: unknown, file: string): Record<string, string> {
  if (isObject(value) && Object.values(value).every((text) => typeof text === 'string')) {
    return value as Record<string, string>
  }
  throw new FormatError({
    what: 'safetensors __metadata__ is not a table of texts',
    place: `${file}, header`,
    expected: 'names and texts',
    got: jsonText(value),
  })
}

function readEntry(name: string, value: unknown, file: string): Entry {
  const place = `${file}, tensor ${JSON.stringify(name.slice(0, 160))}`
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : ({} as Record<string, unknown>)
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    throw new FormatError({
      what: 'safetensors entry is damaged',
      place,
      expected: 'dtype, shape and data_offsets of whole numbers',
      got: jsonText(value),
    })
  }
  if (typeof dtype !== 'string') {
    throw new FormatError({ what: 'safetensors entry has no dtype', place, expected: 'a text', got: typeof dtype })
  }
  const [begin, end] = offsets
  const entry: Entry = { name, dtype, shape, begin, end }
  const each = bytesOf(dtype)
  const bytes = each === undefined ? end - begin : sizeOf(shape) * each
  if (end - begin !== bytes || bytes < 0) {
    throw new FormatError({
      what: 'safetensors tensor has another size than its shape',
      place: `${place}, data offset ${begin}`,
      expected: `${bytes} bytes for ${dtype.slice(0, 20)} ${shapeText(shape)}`,
      got: `${end - begin} bytes`,
    })
  }
  return entry
}

/** Bytes of a number; undefined for types that are not read. */
function bytesOf(dtype: string): number | undefined {
  if (Object.hasOwn(arrayTypes, dtype)) return arrayTypes[dtype as SafetensorsDtype].BYTES_PER_ELEMENT
  return Object.hasOwn(widened, dtype) ? widened[dtype].bytes : undefined
}

/** Every byte after the header must belong to exactly one tensor. */
function checkCover(entries: Entry[], size: number, dataStart: number, file: string): void {
  let covered = 0
  const last: Entry = { name: '', dtype: 'U8', shape: [], begin: size, end: size }
  const sorted = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)
  for (const entry of [...sorted, last]) {
    if (entry.begin === covered && entry.end <= size) {
      covered = entry.end
      continue
    }
    const whose = entry === last ? 'the end of the file' : `tensor ${JSON.stringify(entry.name.slice(0, 160))}`
    let what = 'safetensors tensor lies outside the file'
    if (entry.begin < covered && entry !== last) what = 'safetensors tensors overlap'
    else if (entry.begin > covered && entry.end <= size) what = 'safetensors bytes belong to no tensor'
    throw new FormatError({
      what,
      place: `${file}, byte ${dataStart + entry.begin}, ${whose}`,
      expected: `data from offset ${covered} on, at most ${size}`,
      got: `offsets ${entry.begin} to ${entry.end}`,
      next: 'The file is truncated or damaged: fetch it again.',
    })
  }
}

/** A tensor's numbers; null for a type that is not read. */
function tensorOf(entry: Entry, bytes: Uint8Array, dataStart: number): SafetensorsTensor | null {
  const { dtype, shape, begin, end } = entry
  if (Object.hasOwn(widened, dtype)) {
    const { dtype: wide, bytes: each, read } = widened[dtype]
    const view = new DataView(bytes.buffer, bytes.byteOffset + dataStart + begin, end - begin)
    const values = new arrayTypes[wide]((end - begin) / each)
    for (let i = 0; i < values.length; i++) values[i] = read(view, i * each)
    return { dtype: wide, shape, values } as SafetensorsTensor
  }
  if (!Object.hasOwn(arrayTypes, dtype)) return null
  const type = arrayTypes[dtype as SafetensorsDtype]
  const address = bytes.byteOffset + dataStart + begin
  const values =
    address % type.BYTES_PER_ELEMENT === 0
      ? new type(bytes.buffer as ArrayBuffer, address, (end - begin) / type.BYTES_PER_ELEMENT)
      : new type(new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end)).buffer)
  return { dtype, shape, values } as SafetensorsTensor
}

function checkWritable(list: (readonly [string, SafetensorsTensor])[]): void {
  const names = new Set<string>()
  for (const [name, { dtype, shape, values }] of list) {
    const place = `tensor ${JSON.stringify(name.slice(0, 160))}`
    if (names.has(name) || name === '__metadata__') {
      throw new FormatError({ what: 'safetensors name is taken', place, next: 'Give every tensor its own name.' })
    }
    if (sizeOf(shape) !== values.length || !(values instanceof arrayTypes[dtype])) {
      throw new FormatError({
        what: 'safetensors tensor does not match its dtype and shape',
        place,
        expected: `${dtype} ${shapeText(shape)}, ${sizeOf(shape)} values`,
        got: `${values.constructor.name} of ${values.length} values`,
      })
    }
    names.add(name)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0)
}
