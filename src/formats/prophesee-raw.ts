import { FormatError } from '../base/index.ts'
import { damageAt, largerSensor } from './damage.ts'
import { EventList, type Events, type SensorSize } from './events.ts'
import { readPercentHeader, sensorIn } from './percent-header.ts'

export interface RawOptions {
  readonly file?: string
  /** Of the sensor; default: what the header says, else the smallest that has every event. */
  readonly size?: SensorSize
}

/** Whether the bytes begin as a RAW file of Prophesee does. */
export function isPropheseeRaw(bytes: Uint8Array): boolean {
  const { fields } = readPercentHeader(bytes.subarray(0, 1 << 16))
  return fields.has('evt') || /^EVT/i.test(fields.get('format') ?? '')
}

type Encoding = 'EVT2' | 'EVT21' | 'EVT3'

const wordLengths: { readonly [encoding in Encoding]: number } = { EVT2: 4, EVT21: 8, EVT3: 2 }

/**
 * Reads Prophesee's RAW: a text header, then EVT 2.0, 2.1 or 3.0. Triggers and other words that are no events of pixels are
 * left out, and so is what comes before the first upper half of a time. Times that wrap around go on.
 * @throws FormatError if the encoding is another one, the file ends within a word, or an event lies outside of the sensor
 * @see https://docs.prophesee.ai/stable/data/encoding_formats/index.html
 */
export function readPropheseeRaw(bytes: Uint8Array, { file = 'RAW bytes', size }: RawOptions = {}): Events {
  const header = readPercentHeader(bytes)
  const encoding = encodingOf(header.fields, file)
  const length = wordLengths[encoding]
  const left = (bytes.length - header.end) % length
  if (left !== 0) {
    throw damageAt(file, bytes.length - left, {
      what: `RAW file ends within a word of ${encoding}`,
      expected: `${length} bytes`,
      got: `${left} bytes`,
    })
  }
  const sensor = size ?? sensorIn(header)
  const sink = new Sink(file, sensor)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (encoding === 'EVT2') readEvt2(view, header.end, sink)
  else if (encoding === 'EVT21')
    readEvt21(view, header.end, sink, /endianness=legacy/.test(header.fields.get('format') ?? ''))
  else readEvt3(view, header.end, sink)
  return sink.list.events(sensor)
}

function encodingOf(fields: ReadonlyMap<string, string>, file: string): Encoding {
  const format = /^[^;\s]*/.exec(fields.get('format') ?? '')?.[0].toUpperCase() ?? ''
  const version = fields.get('evt') ?? ''
  if (format === 'EVT3' || (format === '' && version === '3.0')) return 'EVT3'
  if (format === 'EVT21' || (format === '' && version === '2.1')) return 'EVT21'
  if (format === 'EVT2' || (format === '' && version === '2.0')) return 'EVT2'
  throw new FormatError({
    what: 'a RAW file in an encoding that is not read',
    place: `${file}, byte 0`,
    expected: 'EVT 2.0, 2.1 or 3.0',
    got: format || `evt ${version}`,
    next: 'Export its events with Metavision as CSV (metavision_file_to_csv), and name the columns: x,y,p,t.',
  })
}

/** Takes events, if they lie on the sensor. */
class Sink {
  readonly list = new EventList()
  private readonly file: string
  private readonly sensor: SensorSize | undefined

  constructor(file: string, sensor: SensorSize | undefined) {
    this.file = file
    this.sensor = sensor
  }

  push(t: number, x: number, y: number, p: number, at: number): void {
    const { sensor } = this
    if (sensor && (x >= sensor.width || y >= sensor.height)) {
      throw damageAt(this.file, at, {
        what: 'event outside of the sensor',
        expected: `x below ${sensor.width}, y below ${sensor.height}`,
        got: `(${x}, ${y})`,
        next: largerSensor(sensor),
      })
    }
    this.list.push(t, x, y, p)
  }
}

/** The upper half of times, in units of its lowest bit: it goes on where it wraps around. */
class UpperHalf {
  private readonly range: number
  private loops = 0
  private last = -1

  constructor(bits: number) {
    this.range = 2 ** bits
  }

  /** Whether one has come yet: times before are not known. */
  get known(): boolean {
    return this.last >= 0
  }

  set(value: number): void {
    if (this.last - value > this.range / 2) this.loops++
    this.last = value
  }

  get value(): number {
    return this.loops * this.range + this.last
  }
}

/** Words of 32 bits: type, six bits of time, x, y. */
function readEvt2(view: DataView, start: number, sink: Sink): void {
  const upper = new UpperHalf(28)
  for (let at = start; at < view.byteLength; at += 4) {
    const word = view.getUint32(at, true)
    const type = word >>> 28
    if (type === 8) upper.set(word & 0xfffffff)
    else if (type <= 1 && upper.known) {
      sink.push(upper.value * 64 + ((word >>> 22) & 63), (word >>> 11) & 0x7ff, word & 0x7ff, type, at)
    }
  }
}

/** Words of 64 bits: as EVT 2.0, and which of 32 pixels from x on fired. */
function readEvt21(view: DataView, start: number, sink: Sink, legacy: boolean): void {
  const upper = new UpperHalf(28)
  for (let at = start; at < view.byteLength; at += 8) {
    const [low, high] = [view.getUint32(at + (legacy ? 4 : 0), true), view.getUint32(at + (legacy ? 0 : 4), true)]
    const type = high >>> 28
    if (type === 8) upper.set(high & 0xfffffff)
    else if (type <= 1 && upper.known) {
      const [t, x, y] = [upper.value * 64 + ((high >>> 22) & 63), (high >>> 11) & 0x7ff, high & 0x7ff]
      for (let bit = 0; bit < 32; bit++) if ((low >>> bit) & 1) sink.push(t, x + bit, y, type, at)
    }
  }
}

/** Words of 16 bits, each of which changes a part of the state: row, time, or where a vector of pixels begins. */
function readEvt3(view: DataView, start: number, sink: Sink): void {
  const upper = new UpperHalf(12)
  let [low, y, base, polarity] = [0, 0, 0, 0]
  for (let at = start; at < view.byteLength; at += 2) {
    const word = view.getUint16(at, true)
    const value = word & 0xfff
    switch (word >>> 12) {
      case 0x0:
        y = value & 0x7ff
        break
      case 0x2:
        if (upper.known) sink.push(upper.value * 4096 + low, value & 0x7ff, y, value >>> 11, at)
        break
      case 0x3:
        base = value & 0x7ff
        polarity = value >>> 11
        break
      case 0x4:
      case 0x5: {
        const count = word >>> 12 === 4 ? 12 : 8
        for (let bit = 0; bit < count && upper.known; bit++) {
          if ((value >>> bit) & 1) sink.push(upper.value * 4096 + low, base + bit, y, polarity, at)
        }
        base += count
        break
      }
      case 0x6:
        low = value
        break
      case 0x8:
        upper.set(value)
        break
    }
  }
}
