/**
 * TensorBoard's event files: TFRecord frames around Event messages of protocol buffers.
 * @see https://www.tensorflow.org/tutorials/load_data/tfrecord
 */

import { joinBytes } from '../base/index.ts'

/** The first record of every event file. */
export function versionRecord(seconds: number): Uint8Array {
  return tfRecord(event(seconds, undefined, bytesField(3, utf8('brain.Event:2'))))
}

/** Tells TensorBoard that a run starts again at this step: what earlier files hold from there on is out of date. */
export function restartRecord(seconds: number, step: number): Uint8Array {
  const sessionStart = varintField(1, 1)
  return tfRecord(event(seconds, step, bytesField(7, sessionStart)))
}

/**
 * Scalars of one step.
 * @param seconds since 1970
 * @param values by tag; a slash in a tag makes a group
 */
export function scalarsRecord(seconds: number, step: number, values: Readonly<Record<string, number>>): Uint8Array {
  const summary = Object.entries(values).map(([tag, value]) =>
    bytesField(1, joinBytes([bytesField(1, utf8(tag)), floatField(2, value)])),
  )
  return tfRecord(event(seconds, step, bytesField(5, joinBytes(summary))))
}

/** A TFRecord frame: length, its checksum, the bytes, their checksum. */
export function tfRecord(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(16 + payload.length)
  const view = new DataView(frame.buffer)
  view.setBigUint64(0, BigInt(payload.length), true)
  view.setUint32(8, maskedCrc32c(frame.subarray(0, 8)), true)
  frame.set(payload, 12)
  view.setUint32(12 + payload.length, maskedCrc32c(payload), true)
  return frame
}

/** CRC-32C (Castagnoli), as storage systems use it. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0x82f63b78 ^ (crc >>> 1) : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

function event(seconds: number, step: number | undefined, what: Uint8Array): Uint8Array {
  const time = doubleField(1, seconds)
  return joinBytes(step === undefined ? [time, what] : [time, varintField(2, step), what])
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return Uint8Array.from([...bytes, rest])
}

function varintField(field: number, value: number): Uint8Array {
  return joinBytes([varint(field * 8), varint(value)])
}

function doubleField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(9)
  bytes[0] = field * 8 + 1
  new DataView(bytes.buffer).setFloat64(1, value, true)
  return bytes
}

function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(5)
  bytes[0] = field * 8 + 5
  new DataView(bytes.buffer).setFloat32(1, value, true)
  return bytes
}

function bytesField(field: number, value: Uint8Array): Uint8Array {
  return joinBytes([varint(field * 8 + 2), varint(value.length), value])
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
