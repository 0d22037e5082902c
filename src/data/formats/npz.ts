import { zipSync } from 'fflate'
import { FormatError } from '../../base/index.ts'
import { type Events, type SensorSize, smallestSensor } from '../events/index.ts'
import { bytesSource } from './byte-source.ts'
import { placeIn } from './damage.ts'
import { type NpyArray, type NpyContents, readNpy, writeNpy } from './npy.ts'
import { readZip } from './zip.ts'

/** Bytes that one array of an NPZ file may unpack to. */
const largestArray = 2 ** 31

/** Reads an NPZ file: arrays by name. @throws FormatError if the archive or an array is damaged, or of a refused type */
export async function readNpz(
  bytes: Uint8Array,
  options: { file?: string; limit?: number } = {},
): Promise<Map<string, NpyContents>> {
  const { file = 'NPZ bytes', limit = largestArray } = options
  const arrays = new Map<string, NpyContents>()
  let left = limit
  for (const entry of await readZip(bytesSource(bytes, file))) {
    if (!entry.name.endsWith('.npy')) continue
    const npy = await entry.bytes(left)
    left -= npy.length
    arrays.set(entry.name.slice(0, -4), readNpy(npy, `${file}, ${entry.name}`))
  }
  return arrays
}

/** Writes an NPZ file, deflated. */
export function writeNpz(arrays: Iterable<readonly [string, NpyArray]>): Uint8Array {
  const members: Record<string, Uint8Array> = {}
  for (const [name, array] of arrays) members[`${name}.npy`] = writeNpy(array)
  return zipSync(members, { mtime: new Date(1980, 0, 1) })
}

/**
 * Events of an NPZ file: arrays t, x, y and p, or one array of records with these fields.
 * @throws FormatError if they are missing, differ in length, or hold values that no event has
 */
export async function readEventNpz(
  bytes: Uint8Array,
  options: { file?: string; size?: SensorSize } = {},
): Promise<Events> {
  const { file = 'NPZ bytes' } = options
  return eventsFromArrays(columnsOf(await readNpz(bytes, { file }), file), file, options.size)
}

/** Events of an NPY file of records. @throws FormatError as `readEventNpz` */
export function readEventNpy(bytes: Uint8Array, options: { file?: string; size?: SensorSize } = {}): Events {
  const { file = 'NPY bytes' } = options
  return eventsFromArrays(columnsOf(new Map([['events', readNpy(bytes, file)]]), file), file, options.size)
}

/** Writes events as an NPZ file of t, x, y and p. */
export function writeEventNpz({ t, x, y, p }: Events): Uint8Array {
  const shape = [t.length]
  const times = BigInt64Array.from(t, (time) => BigInt(time))
  return writeNpz([
    ['t', { shape, values: times }],
    ['x', { shape, values: x }],
    ['y', { shape, values: y }],
    ['p', { shape, values: p }],
  ])
}

const aliases = { t: ['t', 'ts', 'timestamp'], x: ['x'], y: ['y'], p: ['p', 'pol', 'polarity'] }

type Column = 't' | 'x' | 'y' | 'p'

function columnsOf(arrays: Map<string, NpyContents>, file: string): Record<Column, NpyArray> {
  const records = [...arrays.values()].find((array) => 'fields' in array)
  const table = new Map<string, NpyContents>(records && 'fields' in records ? records.fields : arrays)
  const columnNamed = (column: Column): NpyArray => {
    const found = aliases[column].map((name) => table.get(name)).find((array) => array !== undefined)
    if (found && 'values' in found && found.shape.length === 1) return found
    throw new FormatError({
      what: 'these arrays are no events',
      place: placeIn(file, 0),
      expected: 't, x, y and p, of one axis each, or records with these fields',
      got:
        [...table]
          .map(([name, { shape }]) => `${name} [${shape.join(', ')}]`)
          .join(', ')
          .slice(0, 200) || 'no arrays',
    })
  }
  return { t: columnNamed('t'), x: columnNamed('x'), y: columnNamed('y'), p: columnNamed('p') }
}

function eventsFromArrays(columns: Record<Column, NpyArray>, file: string, size?: SensorSize): Events {
  const { length } = columns.t.values
  const read = (column: Column, limit: number) => {
    const { values } = columns[column]
    const wrong = (index: number) =>
      new FormatError({
        what: 'an array holds what no event has',
        place: `${file}, ${column}[${index}]`,
        expected: column === 't' ? 'whole microseconds' : column === 'p' ? '0 or 1 (or -1)' : `0 to ${limit - 1}`,
        got: index < values.length ? String(values[index]) : `${values.length} values, where t has ${length}`,
      })
    if (values.length !== length) throw wrong(values.length)
    return Float64Array.from({ length }, (_, i) => {
      const value = Number(values[i])
      const fits =
        column === 't'
          ? Number.isSafeInteger(value)
          : column === 'p'
            ? [-1, 0, 1].includes(value)
            : Number.isInteger(value) && value >= 0 && value < limit
      if (!fits) throw wrong(i)
      return value
    })
  }
  const x = Uint16Array.from(read('x', size?.width ?? 65535))
  const y = Uint16Array.from(read('y', size?.height ?? 65535))
  const p = Uint8Array.from(read('p', 2), (value) => (value > 0 ? 1 : 0))
  return { ...(size ?? smallestSensor({ x, y })), t: read('t', 0), x, y, p }
}
