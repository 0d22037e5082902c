import { suggestion, UsageError } from '../../base/index.ts'
import type { Place } from '../files.ts'
import { cifar10, cifar10Classes, cifar100 } from './cifar.ts'
import { cifar100Classes } from './cifar100-classes.ts'
import type { ConversionOptions } from './conversion.ts'
import type { Datasets } from './dataset.ts'
import { dvsGesture, gestureClasses } from './dvs-gesture.ts'
import { dvsCifar10, type EventFolderOptions, eventFolder, nMnist } from './event-sets.ts'
import { type ConversionSurroundings, frameDatasets } from './frame-dataset.ts'
import { type ImageFolderOptions, imageFolder } from './image-folder.ts'
import { limitSets } from './limit.ts'
import { digits, fashionClasses, fashionMnist, mnist } from './mnist.ts'
import type { RecordingSets } from './recordings.ts'
import { shd, shdClasses } from './shd.ts'
import { tinyImagenet } from './tiny-imagenet.ts'

interface Entry {
  /** Still images, or recordings of an event camera, which become frames. */
  kind: 'images' | 'events'
  embedded: boolean
  /** Per channel, of pixels in 0..1; frames of events are taken as they are. */
  mean: readonly number[]
  deviation: readonly number[]
  /** Empty where the folders name them. */
  classes: readonly string[]
  /** One line for people. */
  about: string
}

const asTheyAre = { mean: [0, 0], deviation: [1, 1] } as const

/** What is known of each data set by name; the normalisations are the usual ones of published runs. */
const entries = {
  'fashion-mnist': {
    kind: 'images',
    embedded: true,
    mean: [0.286],
    deviation: [0.353],
    classes: fashionClasses,
    about: 'clothes, grey, 28x28, 60,000 + 10,000; a part comes with Spikelet',
  },
  mnist: {
    kind: 'images',
    embedded: false,
    mean: [0.1307],
    deviation: [0.3081],
    classes: digits,
    about: 'handwritten digits, grey, 28x28, 60,000 + 10,000',
  },
  cifar10: {
    kind: 'images',
    embedded: false,
    mean: [0.4914, 0.4822, 0.4465],
    deviation: [0.2023, 0.1994, 0.201],
    classes: cifar10Classes,
    about: 'photographs, colour, 32x32, 50,000 + 10,000',
  },
  cifar100: {
    kind: 'images',
    embedded: false,
    mean: [0.5071, 0.4867, 0.4408],
    deviation: [0.2675, 0.2565, 0.2761],
    classes: cifar100Classes,
    about: 'photographs of 100 classes, colour, 32x32, 50,000 + 10,000',
  },
  'tiny-imagenet': {
    kind: 'images',
    embedded: false,
    mean: [0.4802, 0.4481, 0.3975],
    deviation: [0.2302, 0.2265, 0.2262],
    classes: [],
    about: 'photographs of 200 classes, colour, 64x64, 100,000 + 10,000',
  },
  'image-folder': {
    kind: 'images',
    embedded: false,
    mean: [0.5, 0.5, 0.5],
    deviation: [0.5, 0.5, 0.5],
    classes: [],
    about: 'your own PNG or JPEG files, a folder per class',
  },
  'n-mnist': {
    kind: 'events',
    embedded: false,
    ...asTheyAre,
    classes: digits,
    about: 'digits before an event camera, 34x34, 60,000 + 10,000',
  },
  'dvs-cifar10': {
    kind: 'events',
    embedded: false,
    ...asTheyAre,
    classes: cifar10Classes,
    about: 'photographs before an event camera, 128x128, 10,000',
  },
  'dvs-gesture': {
    kind: 'events',
    embedded: false,
    ...asTheyAre,
    classes: gestureClasses,
    about: 'gestures before an event camera, 128x128, 1176 + 288',
  },
  shd: {
    kind: 'events',
    embedded: false,
    ...asTheyAre,
    classes: shdClasses,
    about: 'spoken digits as spikes of 700 channels, 8156 + 2264',
  },
  'event-folder': {
    kind: 'events',
    embedded: false,
    ...asTheyAre,
    classes: [],
    about: 'your own recordings of an event camera, a folder per class',
  },
} satisfies Record<string, Entry>

const imageOpeners = {
  'fashion-mnist': (folder: Place) => fashionMnist(folder),
  mnist,
  cifar10,
  cifar100,
  'tiny-imagenet': tinyImagenet,
  'image-folder': (folder: Place, { imageSize }: ImageFolderOptions) =>
    imageFolder(folder, imageSize ? { imageSize } : {}),
}

const eventOpeners: Record<
  Exclude<DatasetName, keyof typeof imageOpeners>,
  (folder: Place, options: RecordingOptions) => Promise<RecordingSets>
> = {
  'n-mnist': nMnist,
  'dvs-cifar10': dvsCifar10,
  'dvs-gesture': dvsGesture,
  shd,
  'event-folder': eventFolder,
}

/** How an event folder's files are read. */
export type RecordingOptions = EventFolderOptions

/** How recordings become frames, and where these are kept; how images of a folder become equal in size. */
export interface OpenOptions extends RecordingOptions, ConversionSurroundings, ImageFolderOptions {
  frames?: ConversionOptions
  /** Only so many recordings of both sides, of every class alike; the others are not even converted. */
  limit?: number
}

export type DatasetName = keyof typeof entries

export const datasetNames = Object.keys(entries) as DatasetName[]

/**
 * A data set by name.
 * @param folder where its files are; fashion-mnist can do without
 * @param options of event data sets: how they become frames
 * @throws UsageError if the name is unknown, files are missing, or `frames` for an event data set; FormatError if one is damaged
 */
export async function openDataset(name: string, folder?: Place, options: OpenOptions = {}): Promise<Datasets> {
  const known = knownName(name)
  if (options.imageSize && known !== 'image-folder') {
    throw new UsageError({
      what: 'only the images of an image-folder can be scaled',
      place: known,
      next: 'Leave the size of images out.',
    })
  }
  if (folder !== undefined && isImageSet(known)) return imageOpeners[known](folder, options)
  if (folder !== undefined) return openFrames(known, folder, options)
  if (known === 'fashion-mnist') return fashionMnist()
  throw new UsageError({
    what: `${known} needs a folder with its files`,
    expected: 'the folder',
    got: 'none',
    next: 'name the folder; only fashion-mnist comes with Spikelet',
  })
}

async function openFrames(name: string, folder: Place, options: OpenOptions): Promise<Datasets> {
  const { frames, limit = Number.POSITIVE_INFINITY, ...rest } = options
  if (!frames) {
    throw new UsageError({
      what: `${name} holds recordings, which must be cut into frames`,
      expected: 'options with `frames`, such as { frames: { T: 10 } }',
      got: 'none',
    })
  }
  const sets = await openRecordings(name, folder, options)
  const datasets = await frameDatasets(limitSets(sets, limit), frames, rest)
  return options.limit === undefined ? datasets : { ...datasets, limit: options.limit }
}

/**
 * The recordings of an event data set, event by event.
 * @throws UsageError if the name is unknown or not that of an event data set, or files are missing
 */
export async function openRecordings(
  name: string,
  folder: Place,
  options: RecordingOptions = {},
): Promise<RecordingSets> {
  const known = knownName(name)
  if (!isImageSet(known)) return eventOpeners[known](folder, options)
  throw new UsageError({ what: `${known} holds images, not recordings of an event camera` })
}

/** Whether a data set holds still images; if not, it holds recordings of an event camera. */
export function isImageSet(name: string): name is keyof typeof imageOpeners {
  return Object.hasOwn(imageOpeners, knownName(name))
}

/** One line on a data set. @throws UsageError if the name is unknown */
export function aboutDataset(name: string): string {
  return entries[knownName(name)].about
}

/**
 * Mean and standard deviation per channel, of pixels in 0..1.
 * @throws UsageError if the name is unknown
 */
export function normalisationOf(name: string): { mean: readonly number[]; deviation: readonly number[] } {
  const { mean, deviation } = entries[knownName(name)]
  return { mean, deviation }
}

/**
 * The usual names of the classes, in the order of their labels.
 * @throws UsageError if the name is unknown
 */
export function classNamesOf(name: string): readonly string[] {
  return entries[knownName(name)].classes
}

function knownName(name: string): DatasetName {
  if (Object.hasOwn(entries, name)) return name as DatasetName
  throw new UsageError({
    what: `unknown data set '${name}'`,
    expected: datasetNames.join(', '),
    got: `'${name}'`,
    next: suggestion(name, datasetNames),
  })
}
