import { type CifarRecords, cifar10Variant, readCifarBinary } from '../../formats/index.ts'
import { md5 } from '../downloads/index.ts'
import { openFolder, type Place } from '../files.ts'
import { cifarDataset, cifarRecords, classNames, countOf, toronto } from './cifar-records.ts'
import { cifar10Package } from './cifar10-package.ts'
import type { Datasets } from './dataset.ts'
import type { ImageSet } from './definition.ts'
import { missingFiles } from './missing-files.ts'

export const cifar10Classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']

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
  const test = await cifarRecords(place, 'test_batch.bin', cifar10Variant)
  if (!test) missing.push('test_batch.bin')
  if (!test || parts.length === 0) throw missingFiles('cifar10', place, missing, 6)
  return {
    name: 'cifar10',
    train: cifarDataset('cifar10 train', classes, parts),
    test: cifarDataset('cifar10 test', classes, [test]),
    notes: missing.length > 0 ? [`${missing.join(', ')} missing: ${countOf(parts)} of 50000 training images`] : [],
  }
}

export const cifar10Set: ImageSet = {
  kind: 'images',
  about: 'photographs, colour, 32x32, 50,000 + 10,000',
  classes: cifar10Classes,
  mean: [0.4914, 0.4822, 0.4465],
  deviation: [0.2023, 0.1994, 0.201],
  open: cifar10,
  recipe: {
    files: [
      {
        name: 'cifar-10-binary.tar.gz',
        urls: [`${toronto}cifar-10-binary.tar.gz`],
        checksum: md5('c32a1d4ab5d03f1284b67883e8d87530'),
        size: 170_052_171,
        unpack: 'tar.gz',
        strip: 1,
        top: [
          ...[1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
          ...['test_batch.bin', 'batches.meta.txt', 'readme.html'],
        ],
        npm: cifar10Package(cifar10Classes),
      },
    ],
    licence: 'not stated; widely used for research',
  },
}
