import { UsageError } from '../base/index.ts'
import {
  autoAugment,
  cutout,
  type Datasets,
  datasetNames,
  isImageSet,
  limitDatasets,
  type Mixing,
  normalisationOf,
  normalise,
  openDataset,
  randomCrop,
  randomErasing,
  randomFlip,
  rollOrRotate,
  type Transform,
  trivialAugmentWide,
} from '../data/index.ts'
import type { Environment } from './environment.ts'
import { type FrameChoice, recordingOptions } from './frames.ts'
import type { Progress } from './progress.ts'
import type { Augmentation } from './run-settings.ts'

/** Which images, or recordings as frames. */
export interface ImageChoice extends FrameChoice {
  readonly data?: string | undefined
  readonly limit?: number | undefined
  /** `32x48`: height, then width. */
  readonly imageSize?: string | undefined
}

/**
 * A data set by name, or its first images.
 * @throws UsageError if it is unknown or its files are missing; FormatError if one is damaged
 */
export async function openImages(
  name: string,
  options: ImageChoice,
  { progress, env }: { readonly progress: Progress; readonly env: Environment },
): Promise<Datasets> {
  const { data, limit, imageSize } = options
  if (data === undefined && name !== 'fashion-mnist' && (datasetNames as readonly string[]).includes(name)) {
    throw new UsageError({
      what: `${name} needs a folder with its files`,
      expected: `--data FOLDER`,
      got: 'none',
      next: 'Only fashion-mnist comes with Spikelet.',
    })
  }
  const opening = {
    ...(imageSize === undefined ? {} : { imageSize: imageSizeOf(imageSize) }),
    ...(isImageSet(name) ? {} : recordingOptions(name, options, progress, env)),
  }
  const datasets = await openDataset(name, data, opening)
  progress.clear()
  if (limit === undefined) return datasets
  const some = limitDatasets(datasets, limit)
  const kind = some.train.steps === undefined ? 'images' : 'recordings'
  const notes = [...datasets.notes, `${ofThese}${some.train.length} training and ${some.test.length} test ${kind}`]
  return { ...some, notes }
}

/** `32x48`, height first, as a size. */
function imageSizeOf(text: string): { width: number; height: number } {
  const [height, width] = text.split('x').map(Number)
  return { width, height }
}

/** How the note on a limit begins. */
const ofThese = 'of these '

/** Whether a note of a data set says no more than what `--limit` left of it. */
export const isLimitNote = (note: string): boolean => note.startsWith(ofThese)

/** Transforms for training and for evaluation, in the order of published code. */
export function transformsFor(
  { name, train: { shape, steps } }: Datasets,
  augment: readonly Augmentation[],
): { train: Transform[]; evaluation: Transform[] } {
  const normalised = steps === undefined ? normalisationsOf(name) : []
  const [height] = shape
  const has = (change: Augmentation) => augment.includes(change)
  const ofBytes = augment.find((change) => /^(auto|trivial)/.test(change))
  if (ofBytes && steps !== undefined) {
    throw new UsageError({
      what: `'${ofBytes}' changes images, not frames of events`,
      expected: 'crop, flip, roll-or-rotate, erase, cutout, mixup, cutmix',
      got: ofBytes,
    })
  }
  const train = [
    ...(has('crop') ? [randomCrop({ padding: Math.round(height / 8) })] : []),
    ...(has('flip') ? [randomFlip()] : []),
    ...(has('roll-or-rotate') ? [rollOrRotate({ pixels: 5, degrees: 30 })] : []),
    ...(has('auto-imagenet') ? [autoAugment({ policy: 'imagenet' })] : []),
    ...(has('auto-cifar') ? [autoAugment({ policy: 'cifar' })] : []),
    ...(has('trivial') ? [trivialAugmentWide({ interpolation: 'bilinear' })] : []),
    ...normalised,
    ...(has('erase') ? [randomErasing({ probability: 0.1 })] : []),
    ...(has('cutout') ? [cutout({ size: Math.round(height / 2) })] : []),
  ]
  return { train, evaluation: normalised }
}

/** What brings images to mean 0: nothing where a program made the data set, and nobody knows its mean. */
function normalisationsOf(name: string): Transform[] {
  if (!(datasetNames as readonly string[]).includes(name)) return []
  const { mean, deviation } = normalisationOf(name)
  return [normalise(mean, deviation)]
}

/** How samples are mixed, with the parameters of published runs; null where they are not. */
export function mixingOf(augment: readonly Augmentation[]): Mixing | null {
  const [mixup, cutmix] = [augment.includes('mixup'), augment.includes('cutmix')]
  if (!mixup && !cutmix) return null
  return { ...(mixup ? { mixup: 0.2 } : {}), ...(cutmix ? { cutmix: 1 } : {}) }
}
