import { FormatError } from '../base/index.ts'
import { damageAt, placeIn } from './damage.ts'
import { checkOnSensor, type Events, smallestSensor } from './events.ts'
import type { Hdf5Dataset, Hdf5File } from './hdf5/index.ts'
import { readHdf5 } from './hdf5/index.ts'
import type { RawOptions } from './prophesee-raw.ts'

const columns = ['t', 'x', 'y', 'p'] as const

/** Where a file keeps events: a dataset for each column, or one table. */
type Place =
  | {
      readonly kind: 'columns'
      readonly paths: { readonly [column in (typeof columns)[number]]: string }
      readonly offset: string | undefined
    }
  | { readonly kind: 'table'; readonly path: string }

/**
 * Reads events of an HDF5 file: as datasets t, x, y and p of one group, with t_offset (DSEC), or as a table of such columns named
 * events (v2e). Times are microseconds.
 * @throws FormatError if it holds no events, or is packed by a filter that is not known
 */
export async function readEventHdf5(
  bytes: Uint8Array,
  { file = 'HDF5 bytes', size }: RawOptions = {},
): Promise<Events> {
  const { datasets } = await readHdf5(bytes, file, { only: [] })
  const place = eventsPlace([...datasets].map(([path, { shape }]) => ({ path, shape })))
  if (!place) {
    throw new FormatError({
      what: 'this HDF5 file holds no events',
      place: placeIn(file, 0),
      expected: 'datasets t, x, y and p of one group, or a table named events with these columns',
      got: [...datasets.keys()].slice(0, 12).join(', ') || 'nothing',
    })
  }
  const only =
    place.kind === 'table' ? [place.path] : [...Object.values(place.paths), ...(place.offset ? [place.offset] : [])]
  const found = await readHdf5(bytes, file, { only }).catch((error) => {
    throw filterFault(error, file)
  })
  const events = place.kind === 'table' ? ofTable(found, place.path, file) : ofColumns(found, place, file)
  return checkOnSensor({ ...(size ?? smallestSensor(events)), ...events }, file)
}

/** Where events lie among datasets; undefined where there are none. */
export function eventsPlace(
  datasets: readonly { readonly path: string; readonly shape: readonly number[] }[],
): Place | undefined {
  const paths = new Set(datasets.map(({ path }) => path))
  for (const { path } of datasets) {
    const group = /^(.*?)t$/.exec(path)?.[1]
    if (group === undefined || (group !== '' && !group.endsWith('/'))) continue
    if (!columns.every((column) => paths.has(group + column))) continue
    const above = group.replace(/[^/]*\/$/, '')
    const offset = [`${above}t_offset`, `${group}t_offset`].find((one) => paths.has(one))
    return { kind: 'columns', paths: { t: `${group}t`, x: `${group}x`, y: `${group}y`, p: `${group}p` }, offset }
  }
  const table = datasets.find(({ path, shape }) => /(^|\/)events$/.test(path) && shape.length === 2 && shape[1] === 4)
  return table && { kind: 'table', path: table.path }
}

function ofColumns({ datasets }: Hdf5File, place: Extract<Place, { kind: 'columns' }>, file: string) {
  const of = (path: string) => numbersOf(datasets.get(path), path, file)
  const [t, x, y, p] = columns.map((column) => of(place.paths[column]))
  const offset = place.offset === undefined ? 0 : of(place.offset)[0]
  for (const [column, values] of [x, y, p].entries()) {
    if (values.length === t.length) continue
    throw damageAt(file, 0, {
      what: 'columns of events differ in length',
      expected: `${t.length}, as ${place.paths.t}`,
      got: `${values.length} of ${place.paths[columns[column + 1]]}`,
    })
  }
  return eventsOf(t.length, (i) => [t[i] + offset, x[i], y[i], p[i]], file)
}

function ofTable({ datasets }: Hdf5File, path: string, file: string) {
  const values = numbersOf(datasets.get(path), path, file)
  return eventsOf(
    values.length / 4,
    (i) => [values[4 * i], values[4 * i + 1], values[4 * i + 2], values[4 * i + 3]],
    file,
  )
}

function eventsOf(length: number, at: (i: number) => readonly number[], file: string) {
  const [t, x, y, p] = [
    new Float64Array(length),
    new Uint16Array(length),
    new Uint16Array(length),
    new Uint8Array(length),
  ]
  for (let i = 0; i < length; i++) {
    const [time, across, down, polarity] = at(i)
    if (!(Number.isInteger(time) && across >= 0 && across < 65536 && down >= 0 && down < 65536)) {
      throw damageAt(file, 0, {
        what: `event ${i} is none`,
        expected: 'whole microseconds, x and y',
        got: `${time}, ${across}, ${down}`,
      })
    }
    t[i] = time
    x[i] = across
    y[i] = down
    p[i] = polarity > 0 ? 1 : 0
  }
  return { t, x, y, p }
}

/** As numbers that lose nothing below 2^53. */
function numbersOf(dataset: Hdf5Dataset | undefined, path: string, file: string): Float64Array {
  const { numbers } = dataset ?? {}
  if (numbers) return Float64Array.from(numbers as ArrayLike<number>, Number)
  throw damageAt(file, 0, {
    what: 'a column of events is no list of numbers',
    got: `${path}: ${dataset?.other ?? 'missing'}`,
  })
}

/** What to do where a file is packed as the library cannot unpack it. */
function filterFault(error: unknown, file: string): unknown {
  const message = error instanceof Error ? error.message : ''
  const filter = /blosc|zstd|lz4|bitshuffle|filter/i.exec(message)?.[0]
  if (filter === undefined) return error
  return new FormatError({
    what: 'this HDF5 file is packed by a filter that is not read',
    place: placeIn(file, 0),
    expected: 'no filter, gzip, shuffle or szip',
    got: message.split('\n').slice(0, 4).join(' '),
    next: 'Pack it anew: h5repack -f GZIP=4 IN.h5 OUT.h5, with the filter installed (python3 -m pip install hdf5plugin).',
    cause: error,
  })
}
