import { damageAt, largerSensor } from './damage.ts'
import { EventList, type Events, type SensorSize } from './events.ts'
import { readPercentHeader, sensorIn } from './percent-header.ts'
import type { RawOptions } from './prophesee-raw.ts'

const eventLength = 8

/** Types of records that are events of pixels. */
const pixelTypes = [0x00, 0x0c]

/** Where x, y and polarity lie in a record, by the version of the format. */
const layouts = {
  old: { x: 0x1ff, yShift: 9, y: 0xff, pShift: 17 },
  now: { x: 0x3fff, yShift: 14, y: 0x3fff, pShift: 28 },
} as const

/** Whether a file is one of Prophesee's DAT, by its name and how it begins. */
export function isPropheseeDat(bytes: Uint8Array, file: string): boolean {
  const { fields } = readPercentHeader(bytes.subarray(0, 1 << 16))
  return fields.has('data') || (/\.dat$/i.test(file) && fields.size > 0)
}

/**
 * Reads Prophesee's DAT: a text header, two bytes (type and length of records), then records of eight bytes: a time of 32 bits
 * in microseconds, and x, y and polarity. Times that wrap around go on.
 * @throws FormatError if its records are no events of pixels, it ends within one, or one lies outside of the sensor
 * @see https://docs.prophesee.ai/stable/data/file_formats/dat.html
 */
export function readPropheseeDat(bytes: Uint8Array, { file = 'DAT bytes', size }: RawOptions = {}): Events {
  const header = readPercentHeader(bytes)
  const hasHeader = header.end > 0
  const start = header.end + (hasHeader ? 2 : 0)
  if (hasHeader) checkRecords(bytes, header.end, file)
  const left = (bytes.length - start) % eventLength
  if (bytes.length < start || left !== 0) {
    throw damageAt(file, bytes.length - Math.max(0, left), {
      what: 'DAT file ends within an event',
      expected: `whole records of ${eventLength} bytes`,
      got: `${Math.max(0, left)} bytes`,
    })
  }
  const version = Number(header.fields.get('version') ?? 2)
  const layout = version < 2 ? layouts.old : layouts.now
  const sensor: SensorSize | undefined = size ?? sensorIn(header)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const list = new EventList()
  let [loops, last] = [0, 0]
  for (let at = start; at < bytes.length; at += eventLength) {
    const time = view.getUint32(at, true)
    if (last - time > 2 ** 31) loops++
    last = time
    const word = view.getUint32(at + 4, true)
    const [x, y] = [word & layout.x, (word >>> layout.yShift) & layout.y]
    if (sensor && (x >= sensor.width || y >= sensor.height)) {
      throw damageAt(file, at, {
        what: 'event outside of the sensor',
        expected: `x below ${sensor.width}, y below ${sensor.height}`,
        got: `(${x}, ${y})`,
        next: largerSensor(sensor),
      })
    }
    list.push(loops * 2 ** 32 + time, x, y, (word >>> layout.pShift) & 1)
  }
  return list.events(sensor)
}

function checkRecords(bytes: Uint8Array, at: number, file: string): void {
  const [type, length] = [bytes[at], bytes[at + 1]]
  if (pixelTypes.includes(type) && length === eventLength) return
  throw damageAt(file, at, {
    what: 'a DAT file whose records are no events of pixels, or a damaged one',
    expected: `type 0 or 12, records of ${eventLength} bytes`,
    got: `type ${type ?? 'none'}, records of ${length ?? 'no'} bytes`,
    next: 'Use the file of CD events (_td.dat).',
  })
}
