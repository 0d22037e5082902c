import { ShapeError, sizeOf } from '../../base/index.ts'

/** Labelled images of one size. */
export interface Dataset {
  name: string
  classes: readonly string[]
  /** [H, W, C] */
  shape: readonly [height: number, width: number, channels: number]
  length: number
  /** The class of image i. */
  label(i: number): number
  /** Copies image i to `into`: H*W*C bytes, channels last. */
  image(i: number, into: Uint8Array): void
  /** All pixels, [length, H, W, C], where they lie in one piece; in shared memory, loader threads read them there. */
  pixels?: Uint8Array
}

/** What a data set's name stands for: the images to learn from and the images to be judged by. */
export interface Datasets {
  name: string
  train: Dataset
  test: Dataset
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

/** Room for pixels that threads can share, or plain memory where a page may not share any. */
export function sharedBytes(size: number): Uint8Array {
  return new Uint8Array(typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(size) : new SharedArrayBuffer(size))
}

/** The same data set with its pixels in one piece of shared memory; itself where they already are. */
export function inSharedMemory(dataset: Dataset): Dataset & { pixels: Uint8Array } {
  const { pixels } = dataset
  if (pixels && typeof SharedArrayBuffer !== 'undefined' && pixels.buffer instanceof SharedArrayBuffer) {
    return { ...dataset, pixels }
  }
  const size = sizeOf(dataset.shape)
  const shared = sharedBytes(dataset.length * size)
  for (let i = 0; i < dataset.length; i++) dataset.image(i, shared.subarray(i * size, (i + 1) * size))
  return { ...dataset, pixels: shared }
}
