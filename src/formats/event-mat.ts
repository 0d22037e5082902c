import { damageAt } from './damage.ts'
import { EventList, type Events, type SensorSize } from './events.ts'
import { type MatArray, onlyArray, readMat5 } from './matlab.ts'
import type { RawOptions } from './prophesee-raw.ts'

/** Names of four arrays as ASL-DVS keeps them, an entry for each event. */
const columnNames = ['ts', 'x', 'y', 'pol'] as const

/**
 * Reads events of a MATLAB file. As ST-MNIST keeps them: one matrix, a column for each event; the last row holds its time in
 * seconds, and of the others the pixel's, counted row by row, holds 1 where it became stronger and -1 where weaker. Or as
 * ASL-DVS does: arrays `ts` in microseconds, `x`, `y`, and `pol`, above 0 where it became brighter.
 * @param options.size of the sensor; default: of ST-MNIST a square of as many pixels as there are rows, of ASL-DVS the
 * smallest that has every event
 * @throws FormatError if the arrays are others
 * @see See et al. 2020; Bi et al. 2019
 */
export function readEventMat(bytes: Uint8Array, { file = 'MATLAB bytes', size }: RawOptions = {}): Events {
  const arrays = readMat5(bytes, file)
  if (columnNames.every((name) => arrays.has(name))) return columnsOf(arrays, file, size)
  const { shape, values } = onlyArray(arrays, file)
  const [rows = 0, columns = 0] = shape
  const side = Math.round(Math.sqrt(rows - 1))
  const sensor = size ?? { width: side, height: side }
  if (shape.length !== 2 || rows < 2 || sensor.width * sensor.height !== rows - 1) {
    throw damageAt(file, 0, {
      what: 'a matrix of a MATLAB file that holds no events',
      expected: 'a row for each pixel, and one of times: 101 rows of 10x10 pixels',
      got: shape.join(' x '),
      next: 'Save the events as CSV (t,x,y,p in microseconds), with writematrix in MATLAB, and read that.',
    })
  }
  const list = new EventList()
  for (let column = 0; column < columns; column++) {
    const first = column * rows
    const time = values[first + rows - 1]
    if (!Number.isFinite(time))
      throw damageAt(file, 0, { what: 'a time that is no number', got: `column ${column}: ${time}` })
    for (let pixel = 0; pixel < rows - 1; pixel++) {
      const change = values[first + pixel]
      if (change === 0) continue
      list.push(Math.round(1e6 * time), pixel % sensor.width, Math.floor(pixel / sensor.width), change > 0 ? 1 : 0)
    }
  }
  return list.events(sensor)
}

function columnsOf(arrays: ReadonlyMap<string, MatArray>, file: string, size: SensorSize | undefined): Events {
  const [times, columns, rows, polarities] = columnNames.map((name) => (arrays.get(name) as MatArray).values)
  const most = (values: ArrayLike<number>) => {
    let found = 0
    for (let i = 0; i < values.length; i++) found = Math.max(found, values[i])
    return found
  }
  const sensor = size ?? { width: most(columns) + 1, height: most(rows) + 1 }
  const within = (value: number, end: number) => Number.isInteger(value) && value >= 0 && value < end
  const list = new EventList()
  for (let i = 0; i < times.length; i++) {
    const [t, x, y] = [times[i], columns[i], rows[i]]
    const fits = Number.isFinite(t) && within(x, sensor.width) && within(y, sensor.height)
    if (fits && sensor.width <= 65536 && sensor.height <= 65536 && polarities.length === times.length) {
      list.push(t, x, y, polarities[i] > 0 ? 1 : 0)
      continue
    }
    throw damageAt(file, 0, {
      what: 'an event of a MATLAB file is damaged, or outside of its sensor',
      expected: `a time, x below ${sensor.width}, y below ${sensor.height}, and as many entries in ${columnNames.join(', ')}`,
      got: `event ${i}: t ${t}, x ${x}, y ${y}, of ${times.length} times and ${polarities.length} polarities`,
    })
  }
  return list.events(sensor)
}
