import { UsageError } from '../base/index.ts'
import { damageAt, largerSensor } from './damage.ts'
import { EventList, type Events, type SensorSize } from './events.ts'

const recordLength = 5
/** A row that no sensor of this format has: the record says that time overflowed, and is no event. */
const overflowRow = 240
const overflowUs = 8192

/**
 * Reads N-MNIST's format: five bytes an event, which are x, y, then polarity in the top bit and a time of 23 bits, in
 * microseconds, highest byte first. A record with y = 240 adds 8192 us to all times after it and is itself no event.
 * @param options.file the name that errors show
 * @param options.size of the sensor; default: the smallest that has every event
 * @throws FormatError if the file ends within a record
 * @see Orchard et al. 2015
 */
export function readEventBin(bytes: Uint8Array, options: { file?: string; size?: SensorSize } = {}): Events {
  const { file = '.bin bytes', size } = options
  const whole = bytes.length - (bytes.length % recordLength)
  if (whole !== bytes.length) {
    throw damageAt(file, whole, {
      what: '.bin file ends within an event',
      expected: `whole records of ${recordLength} bytes`,
      got: `${bytes.length - whole} bytes after ${whole / recordLength} records`,
    })
  }
  const list = new EventList()
  let overflow = 0
  for (let at = 0; at < whole; at += recordLength) {
    if (bytes[at + 1] === overflowRow) {
      overflow += overflowUs
      continue
    }
    const time = ((bytes[at + 2] & 0x7f) << 16) | (bytes[at + 3] << 8) | bytes[at + 4]
    if (size && (bytes[at] >= size.width || bytes[at + 1] >= size.height)) {
      throw damageAt(file, at, {
        what: 'event outside of the sensor',
        expected: `x below ${size.width}, y below ${size.height}`,
        got: `(${bytes[at]}, ${bytes[at + 1]})`,
        next: largerSensor(size),
      })
    }
    list.push(time + overflow, bytes[at], bytes[at + 1], bytes[at + 2] >> 7)
  }
  return list.events(size)
}

/**
 * Writes N-MNIST's format, with overflow records where times grow beyond 23 bits.
 * @throws UsageError if a pixel is above 255 or in row 240, a time is negative, or falls behind an overflow
 */
export function writeEventBin({ t, x, y, p }: Events): Uint8Array {
  const records: number[] = []
  let overflow = 0
  for (let i = 0; i < t.length; i++) {
    while (t[i] - overflow >= 1 << 23) {
      records.push(0, overflowRow, 0, 0, 0)
      overflow += overflowUs
    }
    const time = t[i] - overflow
    if (!(time >= 0) || x[i] > 255 || y[i] > 255 || y[i] === overflowRow) {
      throw new UsageError({
        what: `event ${i} cannot be written as .bin`,
        expected: `x and y below 256, y not ${overflowRow}, times in order and not negative`,
        got: `t ${t[i]}, x ${x[i]}, y ${y[i]}`,
        next: 'Write NPZ or AEDAT 2.',
      })
    }
    records.push(x[i], y[i], (p[i] << 7) | (time >> 16), (time >> 8) & 255, time & 255)
  }
  return Uint8Array.from(records)
}
