import { sizeOf, UsageError } from '../../base/index.ts'
import {
  cutout,
  type Dataset,
  type Datasets,
  datasetNames,
  normalisationOf,
  normalise,
  openDataset,
  randomCrop,
  randomFlip,
  type Transform,
} from '../../data/index.ts'

/**
 * A data set by name, or its first images.
 * @throws UsageError if it is unknown or its files are missing; FormatError if one is damaged
 */
export async function openImages(
  name: string,
  { data, limit }: { readonly data?: string | undefined; readonly limit?: number | undefined },
): Promise<Datasets> {
  if (data === undefined && name !== 'fashion-mnist' && (datasetNames as readonly string[]).includes(name)) {
    throw new UsageError({
      what: `${name} needs a folder with its files`,
      expected: `--data FOLDER`,
      got: 'none',
      next: 'only fashion-mnist comes with Spikelet',
    })
  }
  const datasets = await openDataset(name, data)
  if (limit === undefined) return datasets
  const [train, test] = [firstOf(datasets.train, limit), firstOf(datasets.test, limit)]
  const notes = [...datasets.notes, `of these the first ${train.length} training and ${test.length} test images`]
  return { ...datasets, train, test, notes }
}

function firstOf(dataset: Dataset, limit: number): Dataset {
  const length = Math.min(limit, dataset.length)
  const { pixels } = dataset
  return { ...dataset, length, ...(pixels ? { pixels: pixels.subarray(0, length * sizeOf(dataset.shape)) } : {}) }
}

export type Augmentation = 'crop' | 'flip' | 'cutout'

/** Transforms for training and for evaluation, in the order of published code. */
export function transformsFor(
  { name, train: { shape } }: Datasets,
  augment: readonly Augmentation[],
): { train: Transform[]; evaluation: Transform[] } {
  const { mean, deviation } = normalisationOf(name)
  const [height] = shape
  const has = (change: Augmentation) => augment.includes(change)
  const train = [
    ...(has('crop') ? [randomCrop({ padding: Math.round(height / 8) })] : []),
    ...(has('flip') ? [randomFlip()] : []),
    normalise(mean, deviation),
    ...(has('cutout') ? [cutout({ size: Math.round(height / 2) })] : []),
  ]
  return { train, evaluation: [normalise(mean, deviation)] }
}
