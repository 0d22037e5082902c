import { FormatError } from '../base/index.ts'

/** How a record begins: one byte per label, each below its number of classes. The last one is the class learnt. */
export interface CifarVariant {
  name: string
  labels: readonly { name: string; classes: number }[]
}

export const cifar10Variant: CifarVariant = { name: 'CIFAR-10', labels: [{ name: 'label', classes: 10 }] }

export const cifar100Variant: CifarVariant = {
  name: 'CIFAR-100',
  labels: [
    { name: 'coarse label', classes: 20 },
    { name: 'fine label', classes: 100 },
  ],
}

/** The records of one file; pixels stay where they were read. */
export interface CifarRecords {
  length: number
  /** [length], the class learnt (CIFAR-100: the fine label). */
  labels: Uint8Array
  /** [length], CIFAR-100's superclass. */
  coarseLabels?: Uint8Array
  /** Copies image i to `into`, from three colour planes to [32, 32, 3]. */
  image(i: number, into: Uint8Array): void
}

const pixels = 32 * 32

/**
 * Reads a file of CIFAR's binary version: per record one or two labels, then the red, green and blue plane.
 * @param file the name that errors show
 * @throws FormatError if the file is empty, ends within a record, or a label is not below its number of classes
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 */
export function readCifarBinary(bytes: Uint8Array, variant: CifarVariant, file = 'CIFAR bytes'): CifarRecords {
  const labelBytes = variant.labels.length
  const recordLength = labelBytes + 3 * pixels
  const length = Math.floor(bytes.length / recordLength)
  if (length === 0 || bytes.length % recordLength !== 0) {
    throw new FormatError({
      what: `${variant.name} file ends within a record`,
      place: `${file}, byte ${length * recordLength}`,
      expected: `whole records of ${recordLength} bytes`,
      got: `${bytes.length % recordLength} bytes after ${length} records`,
      next: 'The file is truncated or of another variant: fetch it again.',
    })
  }
  const columns = variant.labels.map((_, k) => readLabels(bytes, variant, k, length, recordLength, file))
  return {
    length,
    labels: columns[labelBytes - 1],
    ...(labelBytes > 1 ? { coarseLabels: columns[0] } : {}),
    image: (i, into) => interleave(bytes, i * recordLength + labelBytes, into),
  }
}

function readLabels(
  bytes: Uint8Array,
  variant: CifarVariant,
  k: number,
  length: number,
  recordLength: number,
  file: string,
): Uint8Array {
  const { name, classes } = variant.labels[k]
  const labels = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    labels[i] = bytes[i * recordLength + k]
    if (labels[i] < classes) continue
    throw new FormatError({
      what: `${variant.name} ${name} ${labels[i]} of ${classes} classes`,
      place: `${file}, record ${i}, byte ${i * recordLength + k}`,
      expected: `0 to ${classes - 1}`,
      got: String(labels[i]),
      next: `The file is damaged or not of ${variant.name}'s binary version.`,
    })
  }
  return labels
}

function interleave(bytes: Uint8Array, start: number, into: Uint8Array): void {
  for (let pixel = 0, at = 0; pixel < pixels; pixel++) {
    into[at++] = bytes[start + pixel]
    into[at++] = bytes[start + pixels + pixel]
    into[at++] = bytes[start + 2 * pixels + pixel]
  }
}
