import { type DataFolder, openFolder, type Place } from '../files.ts'
import type { Dataset, Datasets } from './dataset.ts'
import { idxDataset, type NamedBytes } from './idx-dataset.ts'
import { missingFiles } from './missing-files.ts'

export const digits = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']

export const fashionClasses = [
  'T-shirt/top',
  'trouser',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'ankle boot',
]

const original = {
  train: { images: ['train-images-idx3-ubyte'], labels: 'train-labels-idx1-ubyte' },
  test: { images: ['t10k-images-idx3-ubyte'], labels: 't10k-labels-idx1-ubyte' },
}

const embedded = {
  train: { images: [1, 2, 3, 4].map((shard) => `train-images-${shard}.idx`), labels: 'train-labels.idx' },
  test: { images: ['test-images-1.idx'], labels: 'test-labels.idx' },
}

/**
 * MNIST: handwritten digits, [28, 28, 1], 60,000 + 10,000.
 * @param folder where the four IDX files are, plain or .gz
 * @throws UsageError if a file is missing; FormatError if one is damaged
 * @see LeCun et al. 1998
 */
export async function mnist(folder: Place): Promise<Datasets> {
  const { train, test } = await readSplits('mnist', digits, openFolder(folder), original)
  return { name: 'mnist', train, test, notes: [] }
}

/**
 * Fashion-MNIST: clothes, [28, 28, 1]. Without a folder, the part that Spikelet carries: the first 11,000 training and
 * 2,000 test images; with one, the full 60,000 + 10,000.
 * @param folder where the four IDX files are, plain or .gz
 * @throws UsageError if a file is missing; FormatError if one is damaged
 * @see Xiao et al. 2017, arXiv:1708.07747
 */
export async function fashionMnist(folder?: Place): Promise<Datasets> {
  const name = 'fashion-mnist'
  if (folder !== undefined) {
    const { train, test } = await readSplits(name, fashionClasses, openFolder(folder), original)
    return { name, train, test, notes: [] }
  }
  return embeddedFashionMnist(new URL('../../../data/fashion-mnist/', import.meta.url))
}

/** Fashion-MNIST's embedded part read from elsewhere, such as a page's own address. */
export async function embeddedFashionMnist(folder: Place): Promise<Datasets> {
  const { train, test } = await readSplits('fashion-mnist', fashionClasses, openFolder(folder), embedded)
  return {
    name: 'fashion-mnist',
    train,
    test,
    notes: [`the embedded part: ${train.length} training and ${test.length} test images`],
  }
}

type Split = 'train' | 'test'

async function readSplits(
  name: string,
  classes: readonly string[],
  folder: DataFolder,
  files: Record<Split, { images: string[]; labels: string }>,
): Promise<Record<Split, Dataset>> {
  const names = (['train', 'test'] as const).flatMap((split) => [...files[split].images, files[split].labels])
  const found = new Map<string, NamedBytes>()
  await Promise.all(
    names.map(async (file) => {
      const bytes = (await folder.read(`${file}.gz`)) ?? (await folder.read(file))
      if (bytes) found.set(file, { file, bytes })
    }),
  )
  const missing = names.filter((file) => !found.has(file))
  if (missing.length > 0) throw missingFiles(name, folder, missing, names.length, 'each plain or with .gz')
  const dataset = (split: Split) => {
    const images = files[split].images.map((file) => found.get(file)!)
    return idxDataset(`${name} ${split}`, classes, images, found.get(files[split].labels)!)
  }
  return { train: dataset('train'), test: dataset('test') }
}
