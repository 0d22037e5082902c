import { Inflate, Unzlib } from 'fflate'
import { FormatError } from '../base/index.ts'
import { damageAt } from './damage.ts'

/** Bytes handed to the inflater at once; fewer near the limit, since each may become 1032. */
const piece = { most: 1 << 14, least: 1 << 9 }

export interface InflateOptions {
  /** The name that errors show. */
  file: string
  /** Where the packed bytes lie in the file, for errors. */
  offset: number
  /** The most bytes that may come out. */
  limit: number
  /** With zlib's header and checksum, as PNG and MATLAB have it; default: bare. */
  zlib?: boolean
}

/**
 * Unpacks deflated bytes, and stops as soon as there are more than may come out: a small file cannot ask for much
 * memory or time.
 * @throws FormatError if the bytes are damaged or truncated, or unpack to more than the limit
 */
export function inflate(bytes: Uint8Array, { file, offset, limit, zlib = false }: InflateOptions): Uint8Array {
  const pieces: Uint8Array[] = []
  let [size, ended] = [0, false]
  const take = (chunk: Uint8Array, final: boolean) => {
    size += chunk.length
    ended ||= final
    if (size > limit) throw overflow(file, offset, limit)
    pieces.push(chunk)
  }
  const stream = zlib ? new Unzlib(take) : new Inflate(take)
  for (let at = 0; at < Math.max(1, bytes.length); ) {
    const length = Math.min(piece.most, Math.max(piece.least, Math.floor((limit - size) / 16)))
    try {
      stream.push(bytes.subarray(at, at + length), at + length >= bytes.length)
    } catch (cause) {
      if (cause instanceof FormatError) throw cause
      throw damageAt(file, offset + at, {
        what: 'packed bytes are truncated or damaged',
        got: (cause as Error).message,
        cause,
      })
    }
    at += length
  }
  if (!ended) throw damageAt(file, offset + bytes.length, { what: 'packed bytes end too early' })
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of pieces) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function overflow(file: string, offset: number, limit: number): FormatError {
  return damageAt(file, offset, {
    what: 'packed bytes unpack to more than the file says',
    expected: `at most ${limit} bytes`,
    got: 'more',
    next: 'The file is damaged or not what it claims to be.',
  })
}
