import { affine, type Interpolation, rotation } from './affine.ts'
import type { ByteImage } from './byte-image.ts'
import {
  autoContrast,
  brightness,
  contrast,
  equalize,
  invert,
  posterize,
  saturation,
  sharpness,
  solarize,
} from './colour.ts'

/** The operations of AutoAugment and TrivialAugment, by their published names. */
export const operations = {
  Identity: () => {},
  ShearX: (image, m, how) => affine(image, [1, m, 0, 0, 1, 0], how),
  ShearY: (image, m, how) => affine(image, [1, 0, 0, m, 1, 0], how),
  TranslateX: (image, m, how) => affine(image, [1, 0, -Math.trunc(m), 0, 1, 0], how),
  TranslateY: (image, m, how) => affine(image, [1, 0, 0, 0, 1, -Math.trunc(m)], how),
  Rotate: (image, m, how) => affine(image, rotation(m, image.height, image.width), how),
  Brightness: (image, m) => brightness(image, 1 + m),
  Color: (image, m) => saturation(image, 1 + m),
  Contrast: (image, m) => contrast(image, 1 + m),
  Sharpness: (image, m) => sharpness(image, 1 + m),
  Posterize: (image, m) => posterize(image, Math.trunc(m)),
  Solarize: (image, m) => solarize(image, m),
  AutoContrast: (image) => autoContrast(image),
  Equalize: (image) => equalize(image),
  Invert: (image) => invert(image),
} satisfies Record<string, (image: ByteImage, magnitude: number, interpolation: Interpolation) => void>

export type OperationName = keyof typeof operations

/** How strong an operation is at each level, and whether it goes both ways. */
export interface Strength {
  /** From 0 to the highest level. */
  readonly at: (level: number, image: ByteImage) => number
  readonly signed: boolean
}

const none: Strength = { at: () => 0, signed: false }

/** From 0 at level 0 to `most` at level `last`. */
function rising(most: (image: ByteImage) => number, last: number): Strength {
  return { at: (level, image) => (most(image) * level) / last, signed: true }
}

/** What differs between the published scales. */
interface Scale {
  readonly last: number
  readonly shear: number
  readonly translate: (size: number) => number
  readonly rotate: number
  readonly colour: number
  /** Bits that the highest level takes away. */
  readonly bits: number
}

function strengths({ last, shear, translate, rotate, colour, bits }: Scale): Record<OperationName, Strength> {
  const constant = (most: number) => rising(() => most, last)
  return {
    Identity: none,
    ShearX: constant(shear),
    ShearY: constant(shear),
    TranslateX: rising(({ width }) => translate(width), last),
    TranslateY: rising(({ height }) => translate(height), last),
    Rotate: constant(rotate),
    Brightness: constant(colour),
    Color: constant(colour),
    Contrast: constant(colour),
    Sharpness: constant(colour),
    Posterize: { at: (level) => 8 - roundHalfEven((level * bits) / last), signed: false },
    Solarize: { at: (level) => 255 - (255 * level) / last, signed: false },
    AutoContrast: none,
    Equalize: none,
    Invert: none,
  }
}

function roundHalfEven(value: number): number {
  const low = Math.floor(value)
  if (value - low !== 0.5) return Math.round(value)
  return low % 2 === 0 ? low : low + 1
}

/** Levels 0 to 9. @see Cubuk et al. 2019 */
export const autoAugmentStrengths = strengths({
  last: 9,
  shear: 0.3,
  translate: (size) => (150 / 331) * size,
  rotate: 30,
  colour: 0.9,
  bits: 4,
})

/** Levels 0 to 30. @see Müller and Hutter 2021, the wide space */
export const trivialWideStrengths = strengths({
  last: 30,
  shear: 0.99,
  translate: () => 32,
  rotate: 135,
  colour: 0.99,
  bits: 6,
})
