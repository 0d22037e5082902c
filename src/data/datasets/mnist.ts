import { openFolder, type Place } from '../files.ts'
import type { Datasets } from './dataset.ts'
import type { ImageSet } from './definition.ts'
import { idxFiles, originalIdx, readSplits } from './idx-splits.ts'

export const digits = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']

/**
 * MNIST: handwritten digits, [28, 28, 1], 60,000 + 10,000.
 * @param folder where the four IDX files are, plain or .gz
 * @throws UsageError if a file is missing; FormatError if one is damaged
 * @see LeCun et al. 1998
 */
export async function mnist(folder: Place): Promise<Datasets> {
  const { train, test } = await readSplits('mnist', digits, openFolder(folder), originalIdx)
  return { name: 'mnist', train, test, notes: [] }
}

export const mnistSet: ImageSet = {
  kind: 'images',
  about: 'handwritten digits, grey, 28x28, 60,000 + 10,000',
  classes: digits,
  mean: [0.1307],
  deviation: [0.3081],
  open: mnist,
  recipe: {
    files: idxFiles(
      ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/'],
      [
        'f68b3c2dcbeaaa9fbdd348bbdeb94873',
        'd53e105ee54ea40749a09fcbcd1e9432',
        '9fb629c4189551a2d022fa330f9573f3',
        'ec29112dd5afa0611ce80d1b7f02629c',
      ],
    ),
    licence: 'not stated; widely used for research',
  },
}
