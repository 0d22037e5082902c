import { decompress as unpackZstd } from 'fzstd'
import { FormatError } from '../base/index.ts'
import { damageAt, guarded, largerSensor } from './damage.ts'
import { EventList, type Events, type SensorSize } from './events.ts'
import { isLz4Frame, unpackLz4 } from './lz4.ts'
import type { RawOptions } from './prophesee-raw.ts'

const firstLine = '#!AER-DAT4.0\r\n'
const eventLength = 16

/** Bytes that a packet may become, as times of its own and at least. */
const most = { times: 400, atLeast: 1 << 22, atMost: 1 << 28 } as const

/** Whether the bytes begin as a file of AEDAT 4 does. */
export function isAedat4(bytes: Uint8Array): boolean {
  return firstLine.startsWith(String.fromCharCode(...bytes.subarray(0, 10))) && bytes.length > 10
}

/**
 * Reads AEDAT 4: a header as a flatbuffer, then packets of streams, each a flatbuffer that LZ4 or Zstandard may have packed.
 * Events of the first stream of events are taken; other streams, such as frames and motion, are left out.
 * @throws FormatError if it is damaged, has no events, or one lies outside of the sensor
 * @see https://docs.inivation.com/software/software-advanced-usage/file-formats/aedat-4.0.html
 */
export function readAedat4(bytes: Uint8Array, { file = 'AEDAT bytes', size }: RawOptions = {}): Events {
  const header = guarded(file, 'the header of an AEDAT 4 file is damaged', () => headerOf(bytes, file))
  const { stream, sensor: own, compressed, end } = header
  const sensor = size ?? own
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const list = new EventList()
  for (let at = header.start; at < end; ) {
    if (at + 8 > end) throw damageAt(file, at, { what: 'AEDAT 4 file ends within the head of a packet' })
    const [id, length] = [view.getInt32(at, true), view.getInt32(at + 4, true)]
    const next = at + 8 + length
    if (length < 0 || next > end) {
      throw damageAt(file, at, {
        what: 'AEDAT 4 packet is damaged or longer than the file',
        expected: `at most ${end - at - 8} bytes`,
        got: `stream ${id}, ${length} bytes`,
      })
    }
    if (id === stream) {
      const place = `${file}, packet at byte ${at}`
      takeEvents(unpacked(bytes.subarray(at + 8, next), compressed, place), list, sensor, place)
    }
    at = next
  }
  return list.events(sensor)
}

interface Header {
  readonly stream: number
  readonly sensor: SensorSize | undefined
  readonly compressed: boolean
  /** Where packets begin, and where they end: a table of them may follow. */
  readonly start: number
  readonly end: number
}

function headerOf(bytes: Uint8Array, file: string): Header {
  if (!isAedat4(bytes)) throw damageAt(file, 0, { what: 'not an AEDAT 4 file', expected: '#!AER-DAT4.0' })
  const at = firstLine.length
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const length = view.getUint32(at, true)
  if (at + 4 + length > bytes.length) throw damageAt(file, at, { what: 'AEDAT 4 file ends within its header' })
  const table = new Table(bytes.subarray(at + 4, at + 4 + length), 'IOHE')
  const info = table.text(2)
  const position = table.long(1)
  const start = at + 4 + length
  const { stream, sensor } = eventStream(info, file)
  const isTable = position > start && position <= bytes.length
  return { stream, sensor, compressed: table.int(0) !== 0, start, end: isTable ? position : bytes.length }
}

/** The first stream of events in the header's XML, and its sensor. */
function eventStream(xml: string, file: string): { stream: number; sensor: SensorSize | undefined } {
  for (const [, id] of xml.matchAll(/<node name="(\d+)" path="[^"]*outInfo\/\d+\/">/g)) {
    const from = xml.indexOf(`outInfo/${id}/">`)
    const until = xml.indexOf('outInfo/', xml.indexOf(`outInfo/${id}/info/`, from) + `outInfo/${id}/info/`.length)
    const own = xml.slice(from, until < 0 ? xml.length : until)
    const attribute = (name: string) => new RegExp(`key="${name}"[^>]*>([^<]*)<`).exec(own)?.[1]
    if (attribute('typeIdentifier') !== 'EVTS') continue
    const [width, height] = [Number(attribute('sizeX')), Number(attribute('sizeY'))]
    const known = width > 0 && height > 0 && width <= 65536 && height <= 65536
    return { stream: Number(id), sensor: known ? { width, height } : undefined }
  }
  throw new FormatError({
    what: 'this AEDAT 4 file has no stream of events',
    place: `${file}, byte ${firstLine.length}`,
    expected: 'a stream of the type EVTS',
  })
}

/** A packet as it was before it was compressed: by how it begins, since headers of all versions say less. */
function unpacked(packet: Uint8Array, compressed: boolean, place: string): Uint8Array {
  if (!compressed) return packet
  const room = Math.min(most.atMost, Math.max(most.atLeast, most.times * packet.length))
  if (isLz4Frame(packet)) return unpackLz4(packet, room, place)
  const isZstd = packet.length > 4 && new DataView(packet.buffer, packet.byteOffset).getUint32(0, true) === 0xfd2fb528
  if (!isZstd) throw damageAt(place, 0, { what: 'a packet is neither LZ4 nor Zstandard' })
  return guarded(place, 'a Zstandard frame is damaged', () => {
    const size = zstdSize(packet)
    if (size > room)
      throw damageAt(place, 0, { what: 'a packet is larger than it may be', expected: `${room} bytes`, got: `${size}` })
    return unpackZstd(packet, size > 0 ? new Uint8Array(size) : undefined)
  })
}

/** What a frame says of its size; 0 where it says nothing. */
function zstdSize(frame: Uint8Array): number {
  const descriptor = frame[4]
  const single = (descriptor >> 5) & 1
  const kind = descriptor >> 6
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  if (kind === 0) return single ? view.getUint8(at) : 0
  if (kind === 1) return view.getUint16(at, true) + 256
  return kind === 2 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true))
}

function takeEvents(packet: Uint8Array, list: EventList, sensor: SensorSize | undefined, place: string): void {
  guarded(place, 'a packet of events is damaged', () => {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length)
    const length = view.getUint32(0, true)
    const table = new Table(packet.subarray(4, 4 + length), 'EVTS')
    const vector = table.vector(0, eventLength)
    if (!vector) return
    for (let i = 0; i < vector.byteLength; i += eventLength) {
      const [x, y] = [vector.getInt16(i + 8, true), vector.getInt16(i + 10, true)]
      if (x < 0 || y < 0 || (sensor && (x >= sensor.width || y >= sensor.height))) {
        throw damageAt(place, i, {
          what: 'event outside of the sensor',
          expected: sensor ? `x below ${sensor.width}, y below ${sensor.height}` : 'x and y of 0 or more',
          got: `(${x}, ${y})`,
          ...(sensor ? { next: largerSensor(sensor) } : {}),
        })
      }
      list.push(Number(vector.getBigInt64(i, true)), x, y, vector.getUint8(i + 12) & 1)
    }
  })
}

/** The root table of a flatbuffer. What lies outside of the bytes throws a RangeError. */
class Table {
  private readonly view: DataView
  private readonly bytes: Uint8Array
  private readonly at: number

  constructor(bytes: Uint8Array, identifier: string) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.at = this.view.getUint32(0, true)
    const found = String.fromCharCode(...bytes.subarray(4, 8))
    if (found !== identifier) throw new RangeError(`'${identifier}' expected, '${found}' found`)
  }

  int(field: number): number {
    const at = this.field(field)
    return at === 0 ? 0 : this.view.getInt32(at, true)
  }

  long(field: number): number {
    const at = this.field(field)
    return at === 0 ? -1 : Number(this.view.getBigInt64(at, true))
  }

  text(field: number): string {
    const found = this.vector(field, 1)
    return found ? new TextDecoder().decode(found) : ''
  }

  /** Values behind each other, or undefined where there are none. */
  vector(field: number, size: number): DataView | undefined {
    const at = this.field(field)
    if (at === 0) return undefined
    const start = at + this.view.getUint32(at, true)
    const count = this.view.getUint32(start, true)
    if (start + 4 + count * size > this.bytes.length) throw new RangeError(`${count} values are more than there are`)
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + start + 4, count * size)
  }

  /** Where a field lies; 0: it has its default. */
  private field(index: number): number {
    const table = this.at - this.view.getInt32(this.at, true)
    const slot = 4 + 2 * index
    if (slot >= this.view.getUint16(table, true)) return 0
    const offset = this.view.getUint16(table + slot, true)
    return offset === 0 ? 0 : this.at + offset
  }
}
