import { deflateSync, inflateSync } from 'fflate'
import { sharedBytes } from './shared-bytes.ts'

/** How a packed sample keeps its numbers: the least that holds them without loss. */
const elements = [Uint8Array, Uint16Array, Float32Array] as const

/**
 * Samples of float32 that are packed one by one: each is a byte that names its element, then deflated numbers. Frames of
 * events are mostly zero, so that a whole data set stays in memory, and any sample can be had without the others.
 */
export interface PackedSamples {
  readonly bytes: Uint8Array
  /** [length + 1], where each begins. */
  readonly offsets: Float64Array
  /** Numbers of one sample. */
  readonly values: number
}

/** One sample, packed. Numbers come back as they were. */
export function packSample(values: Float32Array): Uint8Array {
  let [largest, whole] = [0, true]
  for (const value of values) {
    if (value > largest) largest = value
    whole &&= value >= 0 && Number.isInteger(value)
  }
  const kind = !whole || largest > 65535 ? 2 : largest > 255 ? 1 : 0
  const numbers = kind === 2 ? values : elements[kind].from(values)
  const packed = deflateSync(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
  const bytes = new Uint8Array(1 + packed.length)
  bytes[0] = kind
  bytes.set(packed, 1)
  return bytes
}

/** Sample i, unpacked. @param into [values] */
export function unpackSample({ bytes, offsets, values }: PackedSamples, i: number, into: Float32Array): void {
  const element = elements[bytes[offsets[i]]]
  const raw = new Uint8Array(values * element.BYTES_PER_ELEMENT)
  inflateSync(bytes.subarray(offsets[i] + 1, offsets[i + 1]), { out: raw })
  into.set(new element(raw.buffer))
}

/** Packed samples in one piece of shared memory, where that may be had. */
export function joinSamples(parts: readonly Uint8Array[], values: number): PackedSamples {
  const offsetBytes = sharedBytes((parts.length + 1) * Float64Array.BYTES_PER_ELEMENT)
  const offsets = new Float64Array(offsetBytes.buffer)
  for (const [i, part] of parts.entries()) offsets[i + 1] = offsets[i] + part.length
  const bytes = sharedBytes(offsets[parts.length])
  for (const [i, part] of parts.entries()) bytes.set(part, offsets[i])
  return { bytes, offsets, values }
}
