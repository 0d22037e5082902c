import { crc32 } from '../../formats/index.ts'

const magic = 'SPKFRM01'
/** Magic, checksum of all after it, count, first member. */
const headerLength = 8 + 4 + 4 + 4

/** What tells one shard from another: its conversion, and which recordings it holds. */
export interface ShardName {
  readonly key: string
  readonly first: number
  readonly count: number
}

/** Packed samples as one file: header, key, lengths, samples. */
export function writeShard(samples: readonly Uint8Array[], { key, first, count }: ShardName): Uint8Array {
  const start = headerLength + key.length + 4 * samples.length
  const bytes = new Uint8Array(start + samples.reduce((sum, { length }) => sum + length, 0))
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode(magic))
  view.setUint32(12, count, true)
  view.setUint32(16, first, true)
  bytes.set(new TextEncoder().encode(key), headerLength)
  let at = start
  for (const [i, sample] of samples.entries()) {
    view.setUint32(headerLength + key.length + 4 * i, sample.length, true)
    bytes.set(sample, at)
    at += sample.length
  }
  view.setUint32(8, crc32(bytes.subarray(12)), true)
  return bytes
}

/** The samples of a shard; undefined where the file is not this shard, or not whole: it must then be made again. */
export function readShard(bytes: Uint8Array, { key, first, count }: ShardName): Uint8Array[] | undefined {
  const start = headerLength + key.length + 4 * count
  if (bytes.length < start) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const text = (from: number, length: number) => new TextDecoder('latin1').decode(bytes.subarray(from, from + length))
  const named = text(0, 8) === magic && text(headerLength, key.length) === key
  if (!named || view.getUint32(12, true) !== count || view.getUint32(16, true) !== first) return undefined
  if (crc32(bytes.subarray(12)) !== view.getUint32(8, true)) return undefined
  const samples: Uint8Array[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(headerLength + key.length + 4 * i, true)
    samples.push(bytes.subarray(at, at + length))
    at += length
  }
  return at === bytes.length ? samples : undefined
}
