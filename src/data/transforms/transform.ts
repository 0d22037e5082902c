import type { Random } from '../../base/index.ts'

/** One image on its way through the transforms: [height, width, channels] float32, pixels in 0..1 at first. */
export interface ImageBuffer {
  values: Float32Array
  /** As large as `values`; a transform that cannot work in place writes here and swaps the two. */
  spare: Float32Array
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** What a transform is, as data: loader threads and run records get this. */
export interface TransformDescription {
  name: string
  options: Readonly<Record<string, number | string | readonly number[]>>
}

/** A change of one image that keeps its size. All chance comes from `random`, which is the sample's own. */
export interface Transform extends TransformDescription {
  apply(image: ImageBuffer, random: Random): void
}
