import { damageAt } from './damage.ts'
import { EventList, type Events } from './events.ts'
import { onlyArray, readMat5 } from './matlab.ts'
import type { RawOptions } from './prophesee-raw.ts'

/**
 * Reads events of a MATLAB file as ST-MNIST keeps them: one matrix, a column for each event; the last row holds its time in
 * seconds, and of the others the pixel's, counted row by row, holds 1 where it became stronger and -1 where weaker.
 * @param options.size of the sensor; default: a square of as many pixels as there are rows
 * @throws FormatError if the matrix is another one
 * @see See et al. 2020
 */
export function readEventMat(bytes: Uint8Array, { file = 'MATLAB bytes', size }: RawOptions = {}): Events {
  const { shape, values } = onlyArray(readMat5(bytes, file), file)
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
