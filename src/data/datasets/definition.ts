import type { SensorSize } from '../../formats/index.ts'
import type { Recipe } from '../downloads/index.ts'
import type { Place } from '../files.ts'
import type { Datasets } from './dataset.ts'
import type { ImageSize } from './image-files.ts'
import type { RecordingSets } from './recordings.ts'

export interface ImageFolderOptions {
  /** Scales every image to this size, as Pillow's bilinear filter does; default: all are of one size already. */
  readonly imageSize?: ImageSize
}

export interface EventFolderOptions {
  /**
   * The sensor's size. Default: what the first recording's format says; where it says nothing, an error asks for it.
   * `measured`: the smallest that has every event, for which all recordings are read.
   */
  readonly sensor?: SensorSize | 'measured'
  /** Address layout of AEDAT 2 files. */
  readonly layout?: string
}

interface Facts {
  /** One line for people. */
  readonly about: string
  /** Usual names of the classes, in the order of their labels. Empty where the folders name them. */
  readonly classes: readonly string[]
  /** Where it comes from. Left out: it is the user's own. */
  readonly recipe?: Recipe
}

/** A data set of still images, as one value. */
export interface ImageSet extends Facts {
  readonly kind: 'images'
  /** Per channel, of pixels in 0..1; the usual ones of published runs. */
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
  open(folder: Place, options: ImageFolderOptions): Promise<Datasets>
  /** Opens the part that comes with Spikelet, where there is one. */
  embedded?(): Promise<Datasets>
}

/** A data set of recordings of an event camera, which become frames and are taken as they are. */
export interface EventSet extends Facts {
  readonly kind: 'events'
  /** Left out: the recordings tell it, or the user. */
  readonly sensor?: SensorSize
  /** Address layout of its AEDAT 2 files. */
  readonly layout?: string
  open(folder: Place, options: EventFolderOptions): Promise<RecordingSets>
}

/** Everything that is known of a data set: facts, normalisation, classes, where it comes from, and how it is opened. */
export type DatasetDefinition = ImageSet | EventSet
