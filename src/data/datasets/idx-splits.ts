import { md5, type RecipeFile } from '../downloads/index.ts'
import type { DataFolder } from '../files.ts'
import type { Dataset } from './dataset.ts'
import { idxDataset, type NamedBytes } from './idx-dataset.ts'
import { missingFiles } from './missing-files.ts'

/** The four files of MNIST and its relatives. */
export const originalIdx = {
  train: { images: ['train-images-idx3-ubyte'], labels: 'train-labels-idx1-ubyte' },
  test: { images: ['t10k-images-idx3-ubyte'], labels: 't10k-labels-idx1-ubyte' },
}

type Split = 'train' | 'test'

/** Both sides of a data set of IDX files, plain or .gz. @throws UsageError if one is missing */
export async function readSplits(
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

const idxNames = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
]

/** These files on the web, each at several addresses. */
export function idxFiles(
  bases: readonly string[],
  sums: readonly string[],
  contents: readonly string[] = [],
): RecipeFile[] {
  return idxNames.map((name, i) => ({
    name: `${name}.gz`,
    urls: bases.map((base) => `${base}${name}.gz`),
    checksum: md5(sums[i]),
    ...(contents[i] === undefined ? {} : { contents: contents[i] }),
    size: name.includes('images') ? 27_000_000 : 30_000,
  }))
}
