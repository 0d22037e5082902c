import { FormatError } from '../base/index.ts'

/** Formats that are known and not read: how a file begins, and what to do with it. */
const refusals: readonly { name: string; begins: RegExp; next: string }[] = [
  {
    name: 'MATLAB 7.3',
    begins: /^MATLAB 7\.3/,
    next: 'Save it in MATLAB with -v7, or the events as CSV (t,x,y,p in microseconds) with writematrix.',
  },
]

/** What a file that is known and not read is called; undefined for all others. */
export function refusedFormat(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 24))
  return refusals.find(({ begins }) => begins.test(start))?.name
}

/** @throws FormatError if the file is of a format that is known and not read */
export function refuseKnown(bytes: Uint8Array, file: string): void {
  const name = refusedFormat(bytes)
  if (name === undefined) return
  throw new FormatError({
    what: `${name} files are not read`,
    place: `${file}, byte 0`,
    expected: 'AEDAT 2, 3.1 or 4, Prophesee RAW or DAT, N-MNIST .bin, HDF5, MATLAB 5, NPZ, NPY or CSV',
    got: name,
    next: refusals.find((refusal) => refusal.name === name)?.next ?? '',
  })
}
