import { zipSync } from 'fflate'
import { FormatError } from '../base/index.ts'
import { bytesSource } from './byte-source.ts'
import { largerSensor, placeIn } from './damage.ts'
import { type Events, type SensorSize, smallestSensor } from './events.ts'
import { type NpyArray, type NpyContents, readNpy, writeNpy } from './npy.ts'
import { unpackedLimit } from './unpacked-limit.ts'
import { readZip } from './zip.ts'

/** Bytes that the arrays of an NPZ file may unpack to together, however large it is. */
const largestArray = 2 ** 31

/** Reads an NPZ file: arrays by name. @throws FormatError if the archive or an array is damaged, or of a refused type */
export async function readNpz(
  bytes: Uint8Array,
  options: { file?: string; limit?: number } = {},
): Promise<Map<string, NpyContents>> {
  const { file = 'NPZ bytes', limit = Math.min(largestArray, unpackedLimit(bytes.length)) } = options
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
  const take = <Values extends Float64Array | Uint16Array | Uint8Array>(
    column: Column,
    into: Values,
    fits: (value: number) => boolean,
    expected: string,
  ): Values => {
    const { values } = columns[column]
    const wrong = (index: number, got: string) =>
      new FormatError({
        what: 'an array holds what no event has',
        place: `${file}, ${column}[${index}]`,
        expected,
        got,
        ...(size && (column === 'x' || column === 'y') ? { next: largerSensor(size) } : {}),
      })
    if (values.length !== length) throw wrong(values.length, `${values.length} values, where t has ${length}`)
    for (let i = 0; i < length; i++) {
      const value = Number(values[i])
      if (!fits(value)) throw wrong(i, String(values[i]))
      into[i] = value
    }
    return into
  }
  const below = (limit: number) => (value: number) => Number.isInteger(value) && value >= 0 && value < limit
  const [width, height] = [size?.width ?? 65535, size?.height ?? 65535]
  const x = take('x', new Uint16Array(length), below(width), `0 to ${width - 1}`)
  const y = take('y', new Uint16Array(length), below(height), `0 to ${height - 1}`)
  const t = take('t', new Float64Array(length), Number.isSafeInteger, 'whole microseconds')
  const signs = take('p', new Float64Array(length), (value) => [-1, 0, 1].includes(value), '0 or 1 (or -1)')
  const p = Uint8Array.from(signs, (value) => (value > 0 ? 1 : 0))
  return { ...(size ?? smallestSensor({ x, y })), t, x, y, p }
}
