import {
  bytesOf,
  type Interpolation,
  type OperationName,
  operations,
  putBytes,
  trivialWideStrengths,
} from './policies/index.ts'
import type { Transform } from './transform.ts'

const names = Object.keys(operations).filter((name) => name !== 'Invert') as OperationName[]
const levels = 31

/**
 * TrivialAugmentWide: one operation at random, with a strength at random. For images of bytes, before `normalise`.
 * @param options.interpolation default: nearest, as published implementations have it
 * @see Müller and Hutter 2021, arXiv:2103.10158
 */
export function trivialAugmentWide(options: { interpolation?: Interpolation } = {}): Transform {
  const { interpolation = 'nearest' } = options
  return {
    name: 'trivial-augment-wide',
    options: { interpolation },
    apply(image, random) {
      const name = names[random.below(names.length)]
      const level = random.below(levels)
      const sign = random.below(2) === 0 ? -1 : 1
      const { at, signed } = trivialWideStrengths[name]
      const bytes = bytesOf(image)
      operations[name](bytes, at(level, bytes) * (signed ? sign : 1), interpolation)
      putBytes(bytes, image)
    },
  }
}
