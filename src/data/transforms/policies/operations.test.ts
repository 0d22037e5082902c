import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Interpolation } from './affine.ts'
import { autoAugmentStrengths, type OperationName, operations, trivialWideStrengths } from './operations.ts'
import { autoAugmentPolicies } from './tables.ts'

interface Case {
  readonly operation: OperationName
  readonly magnitude: number
  readonly interpolation: Interpolation
  readonly bytes: string
}

interface Sample {
  readonly name: string
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly bytes: string
  readonly cases: readonly Case[]
}

const { images }: { images: Sample[] } = JSON.parse(
  readFileSync(new URL('../../../../test/formats/augmentation-samples.json', import.meta.url), 'utf8'),
)
const decoded = (text: string) => new Uint8Array(inflateSync(Buffer.from(text, 'base64')))

describe.each(images.map((image) => [image.name, image] as const))('operations on the %s image', (_, image) => {
  test.each(image.cases.map((c) => [`${c.operation} ${c.magnitude} ${c.interpolation}`, c] as const))(
    '%s equals Pillow, byte for byte',
    (_name, { operation, magnitude, interpolation, bytes }) => {
      const { height, width, channels } = image
      const own = { bytes: decoded(image.bytes), height, width, channels }
      operations[operation](own, magnitude, interpolation)
      const expected = decoded(bytes)
      const differing = own.bytes.reduce((count, byte, i) => count + (byte === expected[i] ? 0 : 1), 0)
      expect(differing).toBe(0)
    },
  )
})

describe('tables', () => {
  test('25 policies on each data set, of known operations, levels 0 to 9', () => {
    for (const policies of Object.values(autoAugmentPolicies)) {
      expect(policies.length).toBe(25)
      for (const [name, tenths, level] of policies.flat()) {
        expect(Object.hasOwn(operations, name)).toBe(true)
        expect(tenths >= 0 && tenths <= 10 && level >= 0 && level <= 9).toBe(true)
      }
    }
    expect(autoAugmentPolicies.imagenet[1]).toEqual([
      ['Solarize', 6, 5],
      ['AutoContrast', 6, 0],
    ])
    expect(autoAugmentPolicies.cifar[24]).toEqual([
      ['TranslateY', 7, 9],
      ['AutoContrast', 9, 0],
    ])
  })

  test('strengths at the ends of the scales, as published', () => {
    const image = { bytes: new Uint8Array(0), height: 64, width: 331, channels: 3 }
    const auto = (name: OperationName, level: number) => autoAugmentStrengths[name].at(level, image)
    expect([auto('ShearX', 9), auto('TranslateX', 9), auto('Rotate', 9), auto('Color', 0)]).toEqual([0.3, 150, 30, 0])
    expect([0, 1, 5, 9].map((level) => auto('Posterize', level))).toEqual([8, 8, 6, 4])
    expect([0, 3, 9].map((level) => auto('Solarize', level))).toEqual([255, 170, 0])
    const wide = (name: OperationName, level: number) => trivialWideStrengths[name].at(level, image)
    expect([wide('ShearY', 30), wide('TranslateY', 30), wide('Rotate', 15), wide('Posterize', 30)]).toEqual([
      0.99, 32, 67.5, 2,
    ])
  })
})
