import { damageAt, largerSensor } from './damage.ts'
import { EventList, type Events, type SensorSize } from './events.ts'
import { readTextHeader } from './text-header.ts'

const headerLength = 28
const eventLength = 8
const polarityType = 1

/** Events of an AEDAT 3.1 file, and what was left out. */
export interface Aedat3Recording {
  readonly events: Events
  /** Events whose valid bit is 0. */
  readonly invalid: number
  /** Packets of other types, such as frames and motion. */
  readonly otherPackets: number
}

/** Whether the bytes begin as a file of AEDAT 3 does. */
export function isAedat3(bytes: Uint8Array): boolean {
  return /^#!AER-DAT3/.test(String.fromCharCode(...bytes.subarray(0, 11)))
}

/**
 * Reads AEDAT 3.1: a text header, then packets with a header of 28 bytes each, lowest byte first. Events whose valid bit
 * is 0, and packets of other types, are left out and counted. t = overflow * 2^31 + the event's time.
 * @param options.size of the sensor; default: the smallest that has every event
 * @param options.keepInvalid takes events whose valid bit is 0 all the same
 * @throws FormatError if a packet is damaged or truncated, or an event lies outside of the sensor
 */
export function readAedat3(
  bytes: Uint8Array,
  options: { file?: string; size?: SensorSize; keepInvalid?: boolean } = {},
): Aedat3Recording {
  const { file = 'AEDAT bytes', size, keepInvalid = false } = options
  if (!isAedat3(bytes)) {
    throw damageAt(file, 0, { what: 'not an AEDAT 3 file', expected: '#!AER-DAT3.1', got: 'other bytes' })
  }
  const { end } = readTextHeader(bytes, { last: '#!END-HEADER' })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const list = new EventList()
  let [invalid, otherPackets] = [0, 0]
  for (let at = end; at < bytes.length; ) {
    const packet = packetAt(view, at, file)
    if (packet.type !== polarityType) otherPackets++
    for (let e = 0; packet.type === polarityType && e < packet.count; e++) {
      const offset = at + headerLength + e * eventLength
      const word = view.getUint32(offset, true)
      if ((word & 1) === 0 && !keepInvalid) {
        invalid++
        continue
      }
      const [x, y] = [(word >>> 17) & 0x7fff, (word >>> 2) & 0x7fff]
      if (size && (x >= size.width || y >= size.height)) {
        throw damageAt(file, offset, {
          what: 'event outside of the sensor',
          expected: `x below ${size.width}, y below ${size.height}`,
          got: `(${x}, ${y})`,
          next: largerSensor(size),
        })
      }
      list.push(packet.overflow * 2 ** 31 + view.getInt32(offset + 4, true), x, y, (word >>> 1) & 1)
    }
    at = packet.next
  }
  return { events: list.events(size), invalid, otherPackets }
}

interface Packet {
  readonly type: number
  readonly overflow: number
  readonly count: number
  readonly next: number
}

function packetAt(view: DataView, at: number, file: string): Packet {
  if (at + headerLength > view.byteLength) {
    throw damageAt(file, at, {
      what: 'AEDAT 3 file ends within the header of a packet',
      expected: `${headerLength} bytes`,
      got: `${view.byteLength - at} bytes`,
    })
  }
  const type = view.getUint16(at, true)
  const size = view.getInt32(at + 4, true)
  const overflow = view.getInt32(at + 12, true)
  const count = view.getInt32(at + 20, true)
  const next = at + headerLength + count * size
  const sizeFits = type === polarityType ? size === eventLength : size >= 0
  if (count < 0 || overflow < 0 || !sizeFits || next > view.byteLength || !Number.isSafeInteger(next)) {
    throw damageAt(file, at, {
      what: 'AEDAT 3 packet is damaged or longer than the file',
      expected: `counts that fit into the ${view.byteLength - at} bytes left${type === polarityType ? ', events of 8 bytes' : ''}`,
      got: `type ${type}, ${count} events of ${size} bytes, overflow ${overflow}`,
    })
  }
  return { type, overflow, count, next }
}
