import { FormatError, Json, UsageError } from '../base/index.ts'
import {
  type ConversionOptions,
  encoders,
  frameValues,
  makeTransform,
  type Targets,
  type Transform,
  type TransformDescription,
} from '../data/index.ts'
import { lossNameNow } from '../losses/index.ts'
import type { Encode } from './input.ts'

/** What a network's training says of the samples that it takes. */
export interface SampleFacts {
  readonly T: number
  /** Name of the data set; undefined where nobody said, as in what follows. */
  readonly dataset: string | undefined
  /** Names of classes, or of outputs. */
  readonly classes: readonly string[] | undefined
  /** What samples lead to, where that is not one class each. */
  readonly targets: Targets['kind'] | undefined
  readonly loss: { readonly name: string; readonly toOneHot: boolean } | undefined
  /** How recordings became frames; undefined for images. */
  readonly frames: ConversionOptions | undefined
  /** Sizes that the training was told. */
  readonly sensor: Size | undefined
  readonly imageSize: Size | undefined
  /** How samples become a sequence. */
  readonly encode: Encode | undefined
  /** Of evaluation: those without chance, the normalisation above all. */
  readonly transforms: readonly Transform[]
}

export interface Size {
  readonly width: number
  readonly height: number
}

/**
 * Reads from a checkpoint's record of its training what it says of samples.
 * @param given what need not be readable there, since somebody gave another
 * @throws FormatError where the record says nothing of T, or names what only the training program has
 */
export function sampleFacts(
  training: unknown,
  file = 'checkpoint',
  given: { readonly encode?: unknown; readonly transforms?: unknown } = {},
): SampleFacts {
  const record = Json.whole(training, `${file}, training`)
  const dataset = record.at('dataset').optional((one) => one)
  const evaluation = record.at('transforms').optional((transforms) => transforms.at('evaluation').list()) ?? []
  return {
    T: record.at('T').whole(1, 2 ** 20),
    dataset: dataset?.at('name').optional((name) => name.text()),
    classes: record.at('classes').optional((classes) => classes.list().map((name) => name.text())),
    targets: dataset?.at('targets').optional((kind) => kind.oneOf('numbers', 'labels')),
    loss: record.at('loss').optional(lossFacts),
    frames: dataset?.at('frames').optional(conversionOf),
    sensor: dataset?.at('sensor').optional(sizeOf),
    imageSize: dataset?.at('imageSize').optional(sizeOf),
    encode: given.encode ? undefined : record.at('encode').optional((name) => encoderNamed(name.text(), file)),
    transforms: given.transforms ? [] : evaluation.map(transformOf),
  }
}

function lossFacts(loss: Json): SampleFacts['loss'] {
  const { squaredErrorTo } = loss.object()
  return {
    name: lossNameNow(loss.at('name').text()),
    toOneHot: typeof squaredErrorTo === 'object' && squaredErrorTo !== null,
  }
}

function conversionOf(frames: Json): ConversionOptions {
  const by = frames.at('by').optional((one) => one.oneOf('number', 'time', 'window'))
  const windowUs = frames.at('windowUs').optional((one) => one.number())
  const values = frames.at('values').optional((one) => one.oneOf(...frameValues))
  const size = frames.at('size').optional(sizeOf)
  const tauUs = frames.at('tauUs').optional((one) => one.number())
  const hotPixelHz = frames.at('hotPixelHz').optional((one) => one.number())
  const refractoryUs = frames.at('refractoryUs').optional((one) => one.number())
  const denoiseUs = frames.at('denoiseUs').optional((one) => one.number())
  return {
    T: frames.at('T').whole(1),
    ...(by ? { by } : {}),
    ...(windowUs === undefined ? {} : { windowUs }),
    ...(values ? { values } : {}),
    ...(size ? { size } : {}),
    ...(tauUs === undefined ? {} : { tauUs }),
    ...(hotPixelHz === undefined ? {} : { hotPixelHz }),
    ...(refractoryUs === undefined ? {} : { refractoryUs }),
    ...(denoiseUs === undefined ? {} : { denoiseUs }),
  }
}

function sizeOf(size: Json): Size {
  return { width: size.at('width').whole(1), height: size.at('height').whole(1) }
}

function transformOf(transform: Json): Transform {
  const name = transform.at('name').text()
  try {
    return makeTransform({ name, options: (transform.at('options').value ?? {}) as TransformDescription['options'] })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new FormatError({
      what: 'the network was trained with a transform of its own program',
      place: transform.place,
      got: name,
      next: 'Use it in that program, with predict() or evaluate(), and give `transforms`.',
      cause: error,
    })
  }
}

function encoderNamed(name: string, file: string): Encode {
  const { direct, frames, poisson, latency } = encoders
  const known: { readonly [name: string]: Encode } = { direct, frames, poisson, latency }
  if (Object.hasOwn(known, name)) return known[name]
  throw new FormatError({
    what: 'the network was trained with an encoding of its own program',
    place: `${file}, training.encode`,
    expected: Object.keys(known).join(', '),
    got: name,
    next: 'Use it in that program, with predict() or evaluate(), and give `encode`.',
  })
}
