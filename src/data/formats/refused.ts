import { FormatError } from '../../base/index.ts'

/** Formats that are known and not read: how a file begins, and what to do with it. */
const refusals: readonly { name: string; begins: RegExp; next: string }[] = [
  {
    name: 'AEDAT 4',
    begins: /^#!AER-DAT4/,
    next: 'export its events with DV as AEDAT 2, CSV (t,x,y,p in microseconds) or NPZ (arrays t, x, y, p), and read that',
  },
  {
    name: 'MATLAB',
    begins: /^MATLAB \d/,
    next: 'save the events as CSV (t,x,y,p in microseconds), with writematrix in MATLAB or numpy.savetxt, and read that',
  },
  {
    name: 'Prophesee RAW',
    begins: /^% (date|evt|camera)/i,
    next: 'export its events with Metavision as CSV, and name the columns in a first line',
  },
]

/** What a file that is known and not read is called; undefined for all others. */
export function refusedFormat(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 16))
  return refusals.find(({ begins }) => begins.test(start))?.name
}

/** @throws FormatError if the file is of a format that is known and not read */
export function refuseKnown(bytes: Uint8Array, file: string): void {
  const name = refusedFormat(bytes)
  if (name === undefined) return
  throw new FormatError({
    what: `${name} files are not read`,
    place: `${file}, byte 0`,
    expected: 'AEDAT 2 or 3.1, N-MNIST .bin, NPZ, NPY or CSV',
    got: name,
    next: refusals.find((refusal) => refusal.name === name)?.next ?? '',
  })
}
