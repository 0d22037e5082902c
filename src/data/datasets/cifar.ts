import { FormatError } from '../../base/index.ts'
import {
  type CifarRecords,
  type CifarVariant,
  cifar10Variant,
  cifar100Variant,
  readCifarBinary,
} from '../../formats/index.ts'
import { type DataFolder, openFolder, type Place } from '../files.ts'
import { cifar100Classes } from './cifar100-classes.ts'
import { type Dataset, type Datasets, imageDataset } from './dataset.ts'
import { missingFiles } from './missing-files.ts'
import { sharedBytes } from './shared-bytes.ts'

export const cifar10Classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']

const imageBytes = 32 * 32 * 3

/**
 * CIFAR-10, [32, 32, 3], 10 classes: 50,000 + 10,000, or fewer training images where only some of the five batch files
 * are there (`notes` says which are missing).
 * @param folder the unpacked cifar-10-batches-bin
 * @throws UsageError if test_batch.bin or all training files are missing; FormatError if one is damaged
 * @see Krizhevsky 2009
 */
export async function cifar10(folder: Place): Promise<Datasets> {
  const place = openFolder(folder)
  const batches = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`)
  const classes = (await classNames(place, 'batches.meta.txt', 10)) ?? cifar10Classes
  const parts: CifarRecords[] = []
  const missing: string[] = []
  for (const file of batches) {
    const bytes = await place.read(file)
    if (bytes) parts.push(readCifarBinary(bytes, cifar10Variant, file))
    else missing.push(file)
  }
  const test = await records(place, 'test_batch.bin', cifar10Variant)
  if (!test) missing.push('test_batch.bin')
  if (!test || parts.length === 0) throw missingFiles('cifar10', place, missing, 6)
  return {
    name: 'cifar10',
    train: datasetOf('cifar10 train', classes, parts),
    test: datasetOf('cifar10 test', classes, [test]),
    notes: missing.length > 0 ? [`${missing.join(', ')} missing: ${count(parts)} of 50000 training images`] : [],
  }
}

/**
 * CIFAR-100 with its 100 fine classes, [32, 32, 3]: 50,000 + 10,000, or as many as the files hold.
 * @param folder the unpacked cifar-100-binary
 * @throws UsageError if train.bin or test.bin is missing; FormatError if one is damaged
 * @see Krizhevsky 2009
 */
export async function cifar100(folder: Place): Promise<Datasets> {
  const place = openFolder(folder)
  const classes = (await classNames(place, 'fine_label_names.txt', 100)) ?? cifar100Classes
  const train = await records(place, 'train.bin', cifar100Variant)
  const test = await records(place, 'test.bin', cifar100Variant)
  if (!train || !test) {
    const missing = [...(train ? [] : ['train.bin']), ...(test ? [] : ['test.bin'])]
    throw missingFiles('cifar100', place, missing, 2)
  }
  const whole = train.length === 50_000 && test.length === 10_000
  return {
    name: 'cifar100',
    train: datasetOf('cifar100 train', classes, [train]),
    test: datasetOf('cifar100 test', classes, [test]),
    notes: whole ? [] : [`a part: ${train.length} of 50000 training and ${test.length} of 10000 test images`],
  }
}

async function records(place: DataFolder, file: string, variant: CifarVariant): Promise<CifarRecords | undefined> {
  const bytes = await place.read(file)
  return bytes && readCifarBinary(bytes, variant, file)
}

function count(parts: readonly CifarRecords[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0)
}

function datasetOf(name: string, classes: readonly string[], parts: readonly CifarRecords[]): Dataset {
  const total = count(parts)
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

/** One class name per line, blank lines aside. */
async function classNames(place: DataFolder, file: string, expected: number): Promise<string[] | undefined> {
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
