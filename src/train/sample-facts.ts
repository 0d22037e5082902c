import { FormatError, Json, UsageError } from '../base/index.ts'
import { makeTransform, type Transform, type TransformDescription } from '../data/index.ts'
import { encoders } from '../nn/index.ts'
import type { Encode } from './input.ts'

/** What a network's training says of the samples that it takes. */
export interface SampleFacts {
  readonly T: number
  /** Undefined where nobody said. */
  readonly classes: readonly string[] | undefined
  /** How samples become a sequence; undefined where nobody said. */
  readonly encode: Encode | undefined
  /** Of evaluation: those without chance, the normalisation above all. */
  readonly transforms: readonly Transform[]
}

/**
 * Reads from a checkpoint's record of its training what it says of samples.
 * @throws FormatError where the record says nothing of T, or names an encoding that only the training program has
 */
export function sampleFacts(training: unknown, file = 'checkpoint'): SampleFacts {
  const record = Json.whole(training, `${file}, training`)
  const evaluation = record.at('transforms').optional((transforms) => transforms.at('evaluation').list()) ?? []
  return {
    T: record.at('T').whole(1, 2 ** 20),
    classes: record.at('classes').optional((classes) => classes.list().map((name) => name.text())),
    encode: record.at('encode').optional((name) => encoderNamed(name.text(), file)),
    transforms: evaluation.map((transform) => {
      const name = transform.at('name').text()
      try {
        return makeTransform({
          name,
          options: (transform.at('options').value ?? {}) as TransformDescription['options'],
        })
      } catch (error) {
        if (!(error instanceof UsageError)) throw error
        throw new FormatError({
          what: 'the network was trained with a transform of its own program',
          place: transform.place,
          got: name,
          next: 'Give `transforms`.',
          cause: error,
        })
      }
    }),
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
    next: 'Give `encode`.',
  })
}
