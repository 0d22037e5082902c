import { FormatError } from '../base/index.ts'

/** Formats that are known and not read: how a file begins, and what to do with it. */
const refusals: readonly { name: string; begins: RegExp; next: string }[] = [
  {
    name: 'AEDAT 4',
    begins: /^#!AER-DAT4/,
    next: 'Export its events with DV as AEDAT 2, CSV (t,x,y,p in microseconds) or NPZ (arrays t, x, y, p), and read that.',
  },
  {
    name: 'MATLAB',
    begins: /^MATLAB \d/,
    next: 'Save the events as CSV (t,x,y,p in microseconds), with writematrix in MATLAB or numpy.savetxt, and read that.',
  },
  {
    name: 'Prophesee RAW',
    begins: /^% (date|evt|camera)/i,
    next: 'Export its events with Metavision as CSV (metavision_file_to_csv), and name the columns in a first line: x,y,p,t.',
  },
  {
    name: 'Prophesee DAT',
    begins: /^% ?data file/i,
    next: 'Save its events as NPZ (arrays t, x, y, p; t in microseconds), such as with numpy.savez after reading them with Metavision or expelliarmus, and read that.',
  },
  {
    name: 'HDF5',
    begins: /^\x89HDF\r\n/,
    next: 'Save the events as NPZ, with h5py and numpy.savez: arrays t (microseconds), x, y, p. DSEC keeps them as events/t (plus t_offset), events/x, events/y, events/p; v2e as columns t, x, y, p of events.',
  },
]

/** What to do with an HDF5 file of these datasets, if they are events as DSEC or v2e keep them. */
export function eventsInHdf5(paths: readonly string[]): string | undefined {
  const columns = ['t', 'x', 'y', 'p'].every((name) => paths.some((path) => path === name || path.endsWith(`/${name}`)))
  const isTable = paths.some((path) => /(^|\/)events$/.test(path))
  if (!columns && !isTable) return undefined
  return `events in HDF5. ${refusals.find(({ name }) => name === 'HDF5')?.next}`
}

const percent = 37

/** What a file that is known and not read is called; undefined for all others. */
export function refusedFormat(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 24))
  return refusals.find(({ begins }) => begins.test(start))?.name
}

/** @throws FormatError if the file is of a format that is known and holds no events that are read */
export function refuseKnown(bytes: Uint8Array, file: string, except: readonly string[] = []): void {
  const name = refusedFormat(bytes) ?? (/\.dat$/i.test(file) && bytes[0] === percent ? 'Prophesee DAT' : undefined)
  if (name === undefined || except.includes(name)) return
  throw new FormatError({
    what: name === 'HDF5' ? 'events in HDF5 files are not read' : `${name} files are not read`,
    place: `${file}, byte 0`,
    expected: 'AEDAT 2 or 3.1, N-MNIST .bin, NPZ, NPY or CSV',
    got: name,
    next: refusals.find((refusal) => refusal.name === name)?.next ?? '',
  })
}
