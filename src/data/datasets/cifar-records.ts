import { FormatError } from '../../base/index.ts'
import { type CifarRecords, type CifarVariant, readCifarBinary } from '../../formats/index.ts'
import type { DataFolder } from '../files.ts'
import { type Dataset, imageDataset } from './dataset.ts'
import { sharedBytes } from './shared-bytes.ts'

/** Where both come from. */
export const toronto = 'https://www.cs.toronto.edu/~kriz/'

const imageBytes = 32 * 32 * 3

/** The records of a file; undefined where it is not there. @throws FormatError if it is damaged */
export async function cifarRecords(
  place: DataFolder,
  file: string,
  variant: CifarVariant,
): Promise<CifarRecords | undefined> {
  const bytes = await place.read(file)
  return bytes && readCifarBinary(bytes, variant, file)
}

export function countOf(parts: readonly CifarRecords[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0)
}

/** The images of some files as one data set. */
export function cifarDataset(name: string, classes: readonly string[], parts: readonly CifarRecords[]): Dataset {
  const total = countOf(parts)
  const labels = new Uint8Array(total)
  const pixels = sharedBytes(total * imageBytes)
  let first = 0
  for (const part of parts) {
    labels.set(part.labels, first)
    for (let i = 0; i < part.length; i++) {
      part.image(i, pixels.subarray((first + i) * imageBytes, (first + i + 1) * imageBytes))
    }
    first += part.length
  }
  return imageDataset({ name, classes, shape: [32, 32, 3], labels, pixels })
}

/** One class name per line, blank lines aside; undefined where there is no such file. */
export async function classNames(place: DataFolder, file: string, expected: number): Promise<string[] | undefined> {
  const bytes = await place.read(file)
  if (!bytes) return undefined
  const names = new TextDecoder()
    .decode(bytes)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (names.length === expected) return names
  throw new FormatError({
    what: 'a list of class names has another length than there are classes',
    place: file,
    expected: String(expected),
    got: String(names.length),
  })
}
