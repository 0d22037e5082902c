import { Inflate } from 'fflate'
import { FormatError } from '../base/index.ts'
import type { ByteSource } from './byte-source.ts'
import { crc32 } from './crc32.ts'
import { damageAt } from './damage.ts'

const endSignature = 0x06054b50
const end64Signature = 0x06064b50
const locatorSignature = 0x07064b50
const centralSignature = 0x02014b50
const localSignature = 0x04034b50
const endLength = 22
const centralLength = 46
const localLength = 30
const longestComment = 65535
/** Packed bytes handed to the inflater at once; fewer towards the end of a member, since each may become 1032. */
const piece = { most: 1 << 14, least: 1 << 9 }
/** Bytes that deflate can make of one. */
const mostInflation = 1033
/** A directory larger than this is no data set's. */
const largestDirectory = 512 * 2 ** 20

/** One member of a zip archive. */
export interface ZipEntry {
  readonly name: string
  /** Unpacked, in bytes, as the directory says; checked when it is read. */
  readonly size: number
  readonly isFolder: boolean
  /** The unpacked bytes in pieces; size and checksum are checked. @throws FormatError if it is damaged */
  chunks(): AsyncGenerator<Uint8Array>
  /** All unpacked bytes. @throws FormatError if it is damaged, or larger than `limit` */
  bytes(limit: number): Promise<Uint8Array>
}

export interface ZipOptions {
  /** A checksum of 0 in the directory means that none was kept. */
  readonly zeroIsNone?: boolean
}

/**
 * The members of a zip archive, by its directory: stored or deflated, zip64 too. Nothing is unpacked until it is asked
 * for, and then in pieces: memory stays small, and a member that is longer than the directory says ends in an error.
 * @throws FormatError if the directory is missing, damaged, or points outside of the file, or two members have one name
 */
export async function readZip(source: ByteSource, options: ZipOptions = {}): Promise<ZipEntry[]> {
  const { name: file, size } = source
  const directory = await findDirectory(source)
  const { offset, length, count } = directory
  if (
    offset < 0 ||
    length < 0 ||
    offset + length > size ||
    length > largestDirectory ||
    count * centralLength > length
  ) {
    throw damageAt(file, Math.min(size, Math.max(0, offset)), {
      what: 'zip directory lies outside of the file',
      expected: `a directory of ${count} members within ${size} bytes`,
      got: `${length} bytes from ${offset} on`,
    })
  }
  const bytes = await source.read(offset, length)
  const view = viewOf(bytes)
  const entries: ZipEntry[] = []
  const seen = new Set<string>()
  let at = 0
  for (let i = 0; i < count; i++) {
    const { entry, next } = readMember(source, view, bytes, at, offset, options)
    if (seen.has(entry.name)) {
      throw damageAt(file, offset + at, {
        what: 'zip archive has two members of one name',
        got: entry.name.slice(0, 120),
      })
    }
    seen.add(entry.name)
    entries.push(entry)
    at = next
  }
  return entries
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

async function findDirectory(source: ByteSource): Promise<{ offset: number; length: number; count: number }> {
  const { name: file, size } = source
  const start = Math.max(0, size - endLength - longestComment)
  const tail = await source.read(start, size - start)
  const view = viewOf(tail)
  for (let at = tail.length - endLength; at >= 0; at--) {
    if (view.getUint32(at, true) !== endSignature) continue
    const found = {
      offset: view.getUint32(at + 16, true),
      length: view.getUint32(at + 12, true),
      count: view.getUint16(at + 10, true),
    }
    const needs64 = found.offset === 0xffffffff || found.length === 0xffffffff || found.count === 0xffff
    if (!needs64 || at < 20 || view.getUint32(at - 20, true) !== locatorSignature) return found
    return readEnd64(source, Number(view.getBigUint64(at - 12, true)))
  }
  throw damageAt(file, size, {
    what: 'not a zip archive, or its end is missing',
    expected: 'a directory at the end',
    got: 'none',
  })
}

async function readEnd64(source: ByteSource, at: number): Promise<{ offset: number; length: number; count: number }> {
  const bytes = at >= 0 && at + 56 <= source.size ? await source.read(at, 56) : new Uint8Array(0)
  if (bytes.length < 56 || viewOf(bytes).getUint32(0, true) !== end64Signature) {
    throw damageAt(source.name, Math.min(at, source.size), { what: 'zip64 directory is damaged' })
  }
  const view = viewOf(bytes)
  const number = (offset: number) => Number(view.getBigUint64(offset, true))
  return { count: number(32), length: number(40), offset: number(48) }
}

interface Member {
  readonly name: string
  readonly method: number
  /** Null where none was kept. */
  readonly crc: number | null
  readonly packed: number
  readonly size: number
  readonly local: number
}

function readMember(
  source: ByteSource,
  view: DataView,
  bytes: Uint8Array,
  at: number,
  directory: number,
  { zeroIsNone = false }: ZipOptions,
): { entry: ZipEntry; next: number } {
  const { name: file, size: fileSize } = source
  const fault = (what: string, got?: string) => damageAt(file, directory + at, { what, ...(got ? { got } : {}) })
  if (at + centralLength > bytes.length || view.getUint32(at, true) !== centralSignature) {
    throw fault('zip directory is damaged')
  }
  const lengths = [view.getUint16(at + 28, true), view.getUint16(at + 30, true), view.getUint16(at + 32, true)]
  const next = at + centralLength + lengths[0] + lengths[1] + lengths[2]
  if (next > bytes.length) throw fault('zip directory ends within a member')
  const name = new TextDecoder().decode(bytes.subarray(at + centralLength, at + centralLength + lengths[0]))
  const extra = at + centralLength + lengths[0]
  const sizes = {
    size: view.getUint32(at + 24, true),
    packed: view.getUint32(at + 20, true),
    local: view.getUint32(at + 42, true),
  }
  const wide = widened(sizes, view, extra, extra + lengths[1])
  const kept = view.getUint32(at + 16, true)
  const crc = kept === 0 && zeroIsNone ? null : kept
  const member: Member = { name, method: view.getUint16(at + 10, true), crc, ...wide }
  if (view.getUint16(at + 8, true) & 1) throw fault('zip member is encrypted', name.slice(0, 120))
  if (member.method !== 0 && member.method !== 8) {
    throw fault(
      'zip member is packed in a way that is not read',
      `method ${member.method}; stored and deflated are read`,
    )
  }
  if (member.local + localLength + member.packed > fileSize) {
    throw fault('zip member lies outside of the file', `${member.packed} bytes from ${member.local} on`)
  }
  if (member.method === 0 && member.packed !== member.size) throw fault('zip member is stored, but has two sizes')
  return { entry: entryOf(source, member), next }
}

/** Sizes of 4 GiB and more stand in an extra field. */
function widened<Sizes extends Record<'size' | 'packed' | 'local', number>>(
  sizes: Sizes,
  view: DataView,
  start: number,
  end: number,
): Sizes {
  const wide = { ...sizes }
  for (let at = start; at + 4 <= end; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)]
    let field = at + 4
    for (const key of ['size', 'packed', 'local'] as const) {
      if (id !== 1 || wide[key] !== 0xffffffff || field + 8 > Math.min(end, at + 4 + length)) continue
      wide[key] = Number(view.getBigUint64(field, true))
      field += 8
    }
    at += 4 + length
  }
  return wide
}

function entryOf(source: ByteSource, member: Member): ZipEntry {
  const place = `${source.name}, member ${JSON.stringify(member.name.slice(0, 120))}`
  const chunks = () => memberChunks(source, member, place)
  return {
    name: member.name,
    size: member.size,
    isFolder: member.name.endsWith('/'),
    chunks,
    async bytes(limit) {
      if (member.size > limit) {
        throw new FormatError({
          what: 'zip member is larger than is allowed here',
          place,
          expected: `at most ${limit} bytes`,
          got: `${member.size} bytes`,
        })
      }
      if (member.method === 8 && member.size > mostInflation * (member.packed + 1)) {
        throw damageAt(place, member.local, {
          what: 'zip member is not what the directory says',
          expected: `at most ${mostInflation} bytes of each packed one`,
          got: `${member.size} bytes of ${member.packed}`,
        })
      }
      const whole = new Uint8Array(member.size)
      let at = 0
      for await (const chunk of chunks()) {
        whole.set(chunk, at)
        at += chunk.length
      }
      return whole
    },
  }
}

async function* memberChunks(source: ByteSource, member: Member, place: string): AsyncGenerator<Uint8Array> {
  const head = viewOf(await source.read(member.local, localLength))
  if (head.byteLength < localLength || head.getUint32(0, true) !== localSignature) {
    throw damageAt(place, member.local, { what: 'zip member does not begin where the directory says' })
  }
  const start = member.local + localLength + head.getUint16(26, true) + head.getUint16(28, true)
  let [size, crc] = [0, 0]
  for await (const chunk of member.method === 0
    ? stored(source, start, member)
    : inflated(source, start, member, place)) {
    size += chunk.length
    if (size > member.size) break
    crc = crc32(chunk, crc)
    yield chunk
  }
  if (size === member.size && (member.crc === null || crc === member.crc)) return
  throw damageAt(place, start, {
    what: 'zip member is not what the directory says',
    expected: `${member.size} bytes, checksum ${member.crc ?? crc}`,
    got: size > member.size ? 'more' : `${size} bytes, checksum ${crc}`,
  })
}

async function* stored(source: ByteSource, start: number, { packed }: Member): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < packed; at += 1 << 20) yield await source.read(start + at, Math.min(1 << 20, packed - at))
}

async function* inflated(source: ByteSource, start: number, member: Member, place: string): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = []
  const stream = new Inflate((chunk) => ready.push(chunk))
  let done = 0
  for (let at = 0; at < Math.max(1, member.packed); ) {
    const length = Math.min(
      piece.most,
      Math.max(piece.least, Math.floor((member.size - done) / 16)),
      member.packed - at,
    )
    const bytes = await source.read(start + at, length)
    try {
      stream.push(bytes, at + length >= member.packed)
    } catch (cause) {
      throw damageAt(place, start + at, { what: 'zip member is damaged', got: (cause as Error).message, cause })
    }
    for (const chunk of ready) {
      done += chunk.length
      yield chunk
    }
    ready = []
    at += Math.max(1, length)
  }
}
