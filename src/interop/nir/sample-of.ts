import { FormatError, type Shape, ShapeError, shapeText, sizeOf, UsageError } from '../../base/index.ts'
import type { NpyContents } from '../../formats/index.ts'

/** One sample of an array: a frame of numbers for each step. */
export interface ArraySample {
  readonly T: number
  /** [T, ...frame] in our order: H, W, C, or N. */
  readonly values: Float64Array
}

export interface SampleOfOptions {
  /** Shape of a frame, in our order. */
  readonly frame: Shape
  /** Of several samples, which. Default 0. */
  readonly sample?: number
  /** How errors name the array. */
  readonly file: string
}

/**
 * One sample of an array of numbers, time first, as other programs save it: [T, ...frame], [T, N, ...frame] of N samples, or a
 * single frame. Channels may come first, as in PyTorch: only where that fits and ours does not are they moved.
 * @throws ShapeError where frames do not fit; UsageError where there is no such sample; FormatError for records
 */
export function sampleOf(array: NpyContents, { frame, sample = 0, file }: SampleOfOptions): ArraySample {
  if ('fields' in array) {
    throw new FormatError({
      what: 'this array holds records',
      place: file,
      expected: 'numbers',
      got: [...array.fields.keys()].join(', '),
    })
  }
  const { shape, values } = array
  const size = sizeOf(frame)
  const whole = shape.length <= frame.length && values.length === size
  const T = whole ? 1 : (shape[0] ?? 0)
  const samples = values.length / (T * size)
  if (!Number.isInteger(samples) || samples < 1) {
    throw new ShapeError({
      what: 'the frames of this array do not fit',
      place: file,
      expected: `[T, ${frame.join(', ')}], or [T, samples, ${frame.join(', ')}]`,
      got: shapeText(shape),
    })
  }
  if (!(Number.isInteger(sample) && sample >= 0 && sample < samples)) {
    throw new UsageError({
      what: 'this array has no such sample',
      place: file,
      expected: `a whole number, 0 to ${samples - 1}`,
      got: String(sample),
    })
  }
  const own = new Float64Array(T * size)
  const at = placesIn(frame, shape)
  for (let t = 0; t < T; t++) {
    const from = (t * samples + sample) * size
    for (let i = 0; i < size; i++) own[t * size + i] = Number(values[from + (at ? at[i] : i)])
  }
  return { T, values: own }
}

/** Where each value of our frame is in one whose channels come first; null where none does. */
function placesIn(frame: Shape, shape: readonly number[]): Int32Array | null {
  if (frame.length !== 3) return null
  const [height, width, channels] = frame
  const ends = (one: readonly number[]) => one.every((length, k) => shape[shape.length - 3 + k] === length)
  if (ends(frame) || !ends([channels, height, width])) return null
  return Int32Array.from({ length: height * width * channels }, (_, i) => {
    return (i % channels) * height * width + Math.floor(i / channels)
  })
}
