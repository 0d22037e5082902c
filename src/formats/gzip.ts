import { Gunzip } from 'fflate'
import { FormatError } from '../base/index.ts'
import { crc32 } from './crc32.ts'

/** Bytes to hand to the inflater at once: its output per call stays below about 1032 times this. */
const piece = 1 << 14
/** What the head of a file is: enough for the header of any format read here. */
const headLength = 64

export interface GunzipOptions {
  /** The name that errors show. */
  file: string
  /**
   * The most bytes the file may unpack to, told by its first (up to 64) unpacked bytes; asked once, before the rest
   * is unpacked. It may throw.
   */
  limit(head: Uint8Array): number
}

/** Whether the bytes begin as gzip's do. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * Unpacks one gzip member, and stops as soon as it is longer than its own header says: a small file cannot ask for
 * much memory. Size and checksum of the trailer are checked.
 * @throws FormatError if the bytes are truncated, damaged, or unpack to more than the limit
 */
export function gunzip(bytes: Uint8Array, options: GunzipOptions): Uint8Array {
  const { file } = options
  const pieces: Uint8Array[] = []
  let size = 0
  let limit: number | undefined
  const stream = new Gunzip((chunk) => {
    pieces.push(chunk)
    size += chunk.length
    if (limit === undefined && size >= headLength) limit = options.limit(join(pieces, size).subarray(0, headLength))
    if (limit !== undefined && size > limit) throw tooLong(file, limit)
  })
  for (let start = 0; start < bytes.length; start += piece) {
    try {
      stream.push(bytes.subarray(start, start + piece), start + piece >= bytes.length)
    } catch (cause) {
      if (cause instanceof FormatError) throw cause
      throw damaged(file, start, (cause as Error).message, cause)
    }
  }
  const unpacked = join(pieces, size)
  limit ??= options.limit(unpacked)
  if (size > limit) throw tooLong(file, limit)
  checkTrailer(unpacked, bytes, file)
  return unpacked
}

function join(pieces: Uint8Array[], size: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]
  const whole = new Uint8Array(size)
  let offset = 0
  for (const part of pieces) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

function tooLong(file: string, limit: number): FormatError {
  return new FormatError({
    what: 'gzip file unpacks to more than its header says, or than a file of its size should hold',
    place: `${file}, unpacked byte ${limit}`,
    expected: `${limit} bytes`,
    got: 'more',
    next: 'The file is damaged or not what it claims to be: fetch it again.',
  })
}

function damaged(file: string, offset: number, got: string, cause?: unknown): FormatError {
  return new FormatError({
    what: 'gzip file is truncated or damaged',
    place: `${file}, at or after byte ${offset}`,
    got,
    next: 'Fetch the file again.',
    cause,
  })
}

/** The last eight bytes: CRC-32 and size of what was packed. */
function checkTrailer(unpacked: Uint8Array, packed: Uint8Array, file: string): void {
  if (packed.length < 18) throw damaged(file, packed.length, `${packed.length} bytes, less than an empty gzip file has`)
  const trailer = new DataView(packed.buffer, packed.byteOffset + packed.length - 8, 8)
  const size = trailer.getUint32(4, true)
  if (size !== unpacked.length) {
    throw damaged(file, packed.length - 4, `${unpacked.length} unpacked bytes where the file says ${size}`)
  }
  if (crc32(unpacked) !== trailer.getUint32(0, true)) throw damaged(file, packed.length - 8, 'a wrong checksum')
}
