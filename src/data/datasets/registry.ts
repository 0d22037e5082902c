import { suggestion, UsageError } from '../../base/index.ts'
import type { SensorSize } from '../../formats/index.ts'
import type { Recipe } from '../downloads/index.ts'
import type { Place } from '../files.ts'
import { aslDvsSet } from './asl-dvs.ts'
import { cifar10Set } from './cifar10.ts'
import { cifar100Set } from './cifar100.ts'
import type { ConversionOptions } from './conversion.ts'
import type { Datasets } from './dataset.ts'
import type { DatasetDefinition, EventFolderOptions, ImageFolderOptions } from './definition.ts'
import { dvsCifar10Set } from './dvs-cifar10.ts'
import { dvsGestureSet } from './dvs-gesture.ts'
import { eventFolderSet } from './event-folder.ts'
import { fashionMnistSet } from './fashion-mnist.ts'
import { type ConversionSurroundings, frameDatasets } from './frame-dataset.ts'
import { imageFolderSet } from './image-folder.ts'
import { limitSets } from './limit.ts'
import { mnistSet } from './mnist.ts'
import { nCaltech101Set } from './n-caltech101.ts'
import { nMnistSet } from './n-mnist.ts'
import type { RecordingSets } from './recordings.ts'
import { shdSet } from './shd.ts'
import { sscSet } from './ssc.ts'
import { tinyImagenetSet } from './tiny-imagenet.ts'

/** Every data set by its name. What is known of one stands in its own file. */
const sets = {
  'fashion-mnist': fashionMnistSet,
  mnist: mnistSet,
  cifar10: cifar10Set,
  cifar100: cifar100Set,
  'tiny-imagenet': tinyImagenetSet,
  'image-folder': imageFolderSet,
  'n-mnist': nMnistSet,
  'dvs-cifar10': dvsCifar10Set,
  'dvs-gesture': dvsGestureSet,
  'n-caltech101': nCaltech101Set,
  'asl-dvs': aslDvsSet,
  shd: shdSet,
  ssc: sscSet,
  'event-folder': eventFolderSet,
} satisfies Record<string, DatasetDefinition>

/** How an event folder's files are read. */
export type RecordingOptions = EventFolderOptions

/** How recordings become frames, and where these are kept; how images of a folder become equal in size. */
export interface OpenOptions extends RecordingOptions, ConversionSurroundings, ImageFolderOptions {
  frames?: ConversionOptions
  /** Only so many recordings of both sides, of every class alike; the others are not even converted. */
  limit?: number
}

export type DatasetName = keyof typeof sets

export const datasetNames = Object.keys(sets) as DatasetName[]

/** Addresses and checksums as they were published, of the data sets that come from somewhere. */
export const recipes: { readonly [dataset: string]: Recipe } = Object.fromEntries(
  Object.entries(sets as Record<string, DatasetDefinition>).flatMap(([name, { recipe }]) =>
    recipe ? [[name, recipe]] : [],
  ),
)

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
  const set = setNamed(name)
  if (folder !== undefined)
    return set.kind === 'images' ? set.open(folder, options) : openFrames(known, folder, options)
  if (set.kind === 'images' && set.embedded) return set.embedded()
  throw new UsageError({
    what: `${known} needs a folder with its files`,
    expected: 'the folder',
    got: 'none',
    next: 'Name the folder; only fashion-mnist comes with Spikelet.',
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
  const set = setNamed(name)
  if (set.kind === 'events') return set.open(folder, options)
  throw new UsageError({ what: `${name} holds images, not recordings of an event camera` })
}

/** Whether a data set holds still images; if not, it holds recordings of an event camera. */
export function isImageSet(name: string): boolean {
  return setNamed(name).kind === 'images'
}

/**
 * What the files of recordings do not say themselves, as far as a data set's name tells it.
 * @throws UsageError if the name is unknown
 */
export function recordingFacts(name: string): { readonly sensor?: SensorSize; readonly layout?: string } {
  const set = setNamed(name)
  if (set.kind === 'images') return {}
  const { sensor, layout } = set
  return { ...(sensor ? { sensor } : {}), ...(layout === undefined ? {} : { layout }) }
}

/** One line on a data set. @throws UsageError if the name is unknown */
export function aboutDataset(name: string): string {
  return setNamed(name).about
}

/**
 * Mean and standard deviation per channel, of pixels in 0..1.
 * @throws UsageError if the name is unknown
 */
export function normalisationOf(name: string): { mean: readonly number[]; deviation: readonly number[] } {
  const set = setNamed(name)
  if (set.kind === 'images') return { mean: set.mean, deviation: set.deviation }
  return { mean: [0, 0], deviation: [1, 1] } // frames of events are taken as they are
}

/**
 * The usual names of the classes, in the order of their labels.
 * @throws UsageError if the name is unknown
 */
export function classNamesOf(name: string): readonly string[] {
  return setNamed(name).classes
}

function setNamed(name: string): DatasetDefinition {
  return sets[knownName(name)]
}

function knownName(name: string): DatasetName {
  if (Object.hasOwn(sets, name)) return name as DatasetName
  throw new UsageError({
    what: `unknown data set '${name}'`,
    expected: datasetNames.join(', '),
    got: `'${name}'`,
    next: suggestion(name, datasetNames),
  })
}
