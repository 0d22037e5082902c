import { ShapeError, sizeOf, UsageError } from '../../base/index.ts'
import type { Dataset, SampleLayout, Targets } from './dataset.ts'

/** Samples in arrays of one's own, and what they lead to. */
export interface ArraySamples {
  /** How errors and run records call it. Default `own data`. */
  readonly name?: string
  /** Sample after sample, [length, ...shape], or [length, steps, ...shape]. Bytes become 0..1; floats stay as they are. */
  readonly x: Float32Array | Uint8Array
  /** Of a sample, or of one frame of it: [H, W, C], or [C] for plain numbers. */
  readonly shape: readonly number[]
  /** Frames of a sample, one for each time step. Default: a sample is one still frame. */
  readonly steps?: number
  /**
   * One class for each sample, a whole number from 0 on; or, [length, outputs], real targets (`Float32Array`), or several
   * labels as a list of classes for each sample.
   */
  readonly y:
    | readonly number[]
    | Int32Array
    | Uint8Array
    | Uint16Array
    | Uint32Array
    | Float32Array
    | readonly (readonly number[])[]
  /** Names of the classes or outputs. Default: their numbers. */
  readonly classes?: readonly string[]
}

/**
 * A data set of arrays in memory, for `train`, `evaluate` and `Loader`.
 * @returns a data set that reads `x` where it lies; with real targets or several labels, these are its `targets`
 * @throws ShapeError where the lengths of `x` and `y` do not fit the shape; UsageError for a label that is no class, and
 * for numbers that are not finite
 */
export function arrayDataset(samples: ArraySamples): Dataset {
  const { name = 'own data', x, steps } = samples
  const shape = frameShape(samples.shape, name)
  if (steps !== undefined && !(Number.isSafeInteger(steps) && steps >= 1)) {
    throw new UsageError({
      what: 'steps out of range',
      place: name,
      expected: 'a whole number, 1 or more',
      got: `${steps}`,
    })
  }
  const size = sizeOf(shape) * (steps ?? 1)
  const length = x.length / size
  if (!Number.isInteger(length) || length === 0) {
    throw new ShapeError({
      what: 'the values do not fill whole samples',
      place: name,
      expected: `a multiple of ${size}, above 0`,
      got: String(x.length),
    })
  }
  checkFinite(x, name)
  const goals = goalsOf(samples, length, name)
  const layout: SampleLayout = {
    shape,
    ...(steps === undefined ? {} : { steps }),
    ...(steps === undefined && x instanceof Float32Array ? { values: 'float32' as const } : {}),
  }
  const numbers = steps !== undefined && x instanceof Uint8Array ? Float32Array.from(x, (byte) => byte / 255) : x
  const pixels = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
  const bytes = pixels.length / length
  return {
    name,
    ...layout,
    classes: samples.classes ?? Array.from({ length: goals.outputs }, (_, k) => String(k)),
    length,
    label: (i) => goals.labels[i],
    image: (i, into) => into.set(pixels.subarray(i * bytes, (i + 1) * bytes)),
    pixels,
    ...(goals.targets ? { targets: goals.targets } : {}),
  }
}

function frameShape(shape: readonly number[], name: string): readonly [number, number, number] {
  const whole = shape.every((axis) => Number.isSafeInteger(axis) && axis >= 1)
  if (whole && shape.length === 3) return [shape[0], shape[1], shape[2]]
  if (whole && shape.length === 1) return [1, 1, shape[0]]
  throw new ShapeError({
    what: 'this is not the shape of a frame',
    place: name,
    expected: '[height, width, channels] or [channels], whole numbers above 0',
    got: `[${shape.join(', ')}]`,
  })
}

interface Goals {
  readonly labels: ArrayLike<number>
  readonly outputs: number
  readonly targets?: Targets
}

function goalsOf({ y, classes }: ArraySamples, length: number, name: string): Goals {
  if (y instanceof Float32Array) return realTargets(y, length, classes?.length, name)
  if (Array.isArray(y) && Array.isArray(y[0])) return severalLabels(y as number[][], length, classes?.length, name)
  const labels = y as ArrayLike<number>
  checkLength(labels.length, length, name)
  const outputs = classes?.length ?? Array.from(labels).reduce((most, label) => Math.max(most, label + 1), 0)
  for (let i = 0; i < length; i++) checkLabel(labels[i], outputs, i, name)
  return { labels: Int32Array.from(labels), outputs }
}

function realTargets(y: Float32Array, length: number, named: number | undefined, name: string): Goals {
  const size = named ?? y.length / length
  if (y.length === 0 || y.length !== size * length) {
    throw new ShapeError({
      what: 'the targets do not fill whole samples',
      place: name,
      expected: `a multiple of ${length}, above 0${named === undefined ? '' : `: ${named} for each sample`}`,
      got: String(y.length),
    })
  }
  checkFinite(y, `${name}, targets`)
  return { labels: new Int32Array(length), outputs: size, targets: { kind: 'numbers', size, values: y } }
}

function severalLabels(y: readonly number[][], length: number, named: number | undefined, name: string): Goals {
  checkLength(y.length, length, name)
  const size = named ?? y.flat().reduce((most, label) => Math.max(most, label + 1), 0)
  const values = new Float32Array(length * size)
  for (const [i, labels] of y.entries()) {
    for (const label of labels) {
      checkLabel(label, size, i, name)
      values[i * size + label] = 1
    }
  }
  const first = Int32Array.from(y, (labels) => labels[0] ?? 0)
  return { labels: first, outputs: size, targets: { kind: 'labels', size, values } }
}

function checkLength(labels: number, length: number, name: string): void {
  if (labels === length) return
  throw new ShapeError({
    what: 'there are not as many labels as samples',
    place: name,
    expected: String(length),
    got: String(labels),
  })
}

function checkLabel(label: number, classes: number, i: number, name: string): void {
  if (Number.isSafeInteger(label) && label >= 0 && label < classes) return
  throw new UsageError({
    what: 'a label is no class',
    place: `${name}, sample ${i}`,
    expected: `a whole number in 0..${classes - 1}`,
    got: String(label),
    ...(Number.isFinite(label) && !Number.isInteger(label) ? { next: 'Give real targets as a Float32Array.' } : {}),
  })
}

function checkFinite(values: Float32Array | Uint8Array, name: string): void {
  if (values instanceof Uint8Array) return
  const i = values.findIndex((value) => !Number.isFinite(value))
  if (i < 0) return
  throw new UsageError({
    what: 'a value is not finite',
    place: name,
    expected: 'finite numbers',
    got: `${values[i]} at ${i}`,
  })
}
