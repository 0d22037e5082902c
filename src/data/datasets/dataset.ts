import { ShapeError, sizeOf } from '../../base/index.ts'
import type { SensorSize } from '../../formats/index.ts'
import type { ConversionOptions } from './conversion.ts'
import { type PackedSamples, unpackSample } from './packed-samples.ts'
import { sharedBytes } from './shared-bytes.ts'

/** How one sample is stored: an image of bytes or of float32, or, with `steps`, a recording as that many frames of float32. */
export interface SampleLayout {
  /** [H, W, C] of an image or frame. */
  shape: readonly [height: number, width: number, channels: number]
  /** T of recordings; absent for still images. */
  steps?: number
  /** Of still images: `float32` where their numbers reach the transforms as they are. Default: bytes, which become 0..1. */
  values?: 'float32'
}

/** What samples shall lead to, where that is not one class each. */
export interface Targets {
  /** `numbers`: real targets of a regression. `labels`: 1 for each of a sample's labels, else 0. */
  readonly kind: 'numbers' | 'labels'
  /** Numbers of a sample: as many as the network has outputs. */
  readonly size: number
  /** [length, size] */
  readonly values: Float32Array
}

/** Labelled images, or recordings cut into frames, of one size. */
export interface Dataset extends SampleLayout {
  name: string
  classes: readonly string[]
  length: number
  /** The class of sample i. */
  label(i: number): number
  /** Copies sample i to `into`: an image's H*W*C bytes, channels last; a recording's [T, H, W, C] float32. */
  image(i: number, into: Uint8Array): void
  /** All pixels, [length, H, W, C], where they lie in one piece; in shared memory, loader threads read them there. */
  pixels?: Uint8Array
  /** Recordings, packed; in shared memory, loader threads unpack them there. */
  packed?: PackedSamples
  /** What the samples lead to, where that is not the class that `label` gives. */
  targets?: Targets
  /** Tells one set of samples from another; see `membersHash`. */
  members?: string
}

/** Numbers of a sample: H*W*C, times T for recordings. */
export function sampleValues({ shape, steps = 1 }: SampleLayout): number {
  return steps * sizeOf(shape)
}

/** How a data set's samples are stored, without the samples. */
export function layoutOf({ shape, steps, values }: SampleLayout): SampleLayout {
  return { shape, ...(steps === undefined ? {} : { steps }), ...(values === undefined ? {} : { values }) }
}

/** Whether samples are stored as bytes; else as float32. */
export function holdsBytes({ steps, values }: SampleLayout): boolean {
  return steps === undefined && values === undefined
}

/** Bytes of a sample as it is stored. */
export function sampleBytes(layout: SampleLayout): number {
  return sampleValues(layout) * (holdsBytes(layout) ? 1 : Float32Array.BYTES_PER_ELEMENT)
}

/** What a data set's name stands for: the images to learn from and the images to be judged by. */
export interface Datasets {
  name: string
  train: Dataset
  test: Dataset
  /**
   * Numbers of the samples of `train`, ascending, that are put aside to choose the epoch. Without it, a share of `train`
   * is, as the training's settings say.
   */
  validation?: Uint32Array
  /** How the two were told apart, for the run record. */
  split?: string
  /** How recordings became frames. */
  conversion?: ConversionOptions
  /** Of the sensor, where a person named it or the recordings did. */
  sensor?: SensorSize
  /** How many samples of each side were asked for, where not all were. */
  limit?: number
  /** What images were scaled to. */
  imageSize?: { readonly width: number; readonly height: number }
  /** What a reader of the results must know: files that were missing, a part instead of the whole. */
  notes: string[]
}

export interface ImageTable {
  name: string
  classes: readonly string[]
  shape: readonly [number, number, number]
  /** [length] */
  labels: ArrayLike<number>
  /** [length, H, W, C] */
  pixels: Uint8Array
}

/**
 * A data set whose images lie in one piece of memory.
 * @throws ShapeError if the numbers of labels and pixels do not fit
 */
export function imageDataset(table: ImageTable): Dataset {
  const { name, classes, shape, labels, pixels } = table
  const size = sizeOf(shape)
  if (pixels.length !== labels.length * size) {
    throw new ShapeError({
      what: 'a data set has another number of pixels than its labels ask for',
      place: name,
      expected: `${labels.length} x ${size}`,
      got: String(pixels.length),
    })
  }
  return {
    name,
    classes,
    shape,
    length: labels.length,
    label: (i) => labels[i],
    image: (i, into) => into.set(pixels.subarray(i * size, (i + 1) * size)),
    pixels,
  }
}

/** Copies sample i out of where threads find them: pixels in one piece, or packed recordings. */
export function storedSample(
  layout: SampleLayout,
  samples: Uint8Array | PackedSamples,
): (i: number, into: Uint8Array) => void {
  if (!(samples instanceof Uint8Array)) {
    return (i, into) => unpackSample(samples, i, new Float32Array(into.buffer, into.byteOffset, samples.values))
  }
  const size = sampleBytes(layout)
  return (i, into) => into.set(samples.subarray(i * size, (i + 1) * size))
}

/** The same data set with its pixels in one piece of shared memory; itself where they already are. */
export function inSharedMemory(dataset: Dataset): Dataset & { pixels: Uint8Array } {
  const { pixels } = dataset
  if (pixels && typeof SharedArrayBuffer !== 'undefined' && pixels.buffer instanceof SharedArrayBuffer) {
    return { ...dataset, pixels }
  }
  const size = sampleBytes(dataset)
  const shared = sharedBytes(dataset.length * size)
  for (let i = 0; i < dataset.length; i++) dataset.image(i, shared.subarray(i * size, (i + 1) * size))
  return { ...dataset, pixels: shared }
}
