import { describe, expect, test } from 'vitest'
import type { Dataset } from './dataset.ts'
import { stratifiedSplit, validationSplit } from './stratified-split.ts'

/** 3 classes of 50, 30 and 20 images. */
const dataset = {
  name: 'three',
  classes: ['a', 'b', 'c'],
  length: 100,
  label: (i: number) => (i < 50 ? 0 : i < 80 ? 1 : 2),
}

describe('stratifiedSplit', () => {
  test('takes the fraction of every class, and every image once', () => {
    const { train, validation } = stratifiedSplit(dataset, 0.1, 1)
    const counts = [0, 0, 0]
    for (const i of validation) counts[dataset.label(i)]++
    expect(counts).toEqual([5, 3, 2])
    expect([...train, ...validation].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect([...validation]).toEqual([...validation].sort((a, b) => a - b))
  })

  test('depends on the seed alone, and the hash tells splits apart', () => {
    const one = stratifiedSplit(dataset, 0.1, 1)
    expect(stratifiedSplit(dataset, 0.1, 1)).toEqual(one)
    const two = stratifiedSplit(dataset, 0.1, 2)
    expect(two.validation).not.toEqual(one.validation)
    expect(two.hash).not.toBe(one.hash)
    expect(one.hash).toMatch(/^[0-9a-f]{16}$/)
  })

  test('small classes keep an image on each side; a single image cannot', () => {
    const pairs = { name: 'pairs', classes: ['a', 'b'], length: 4, label: (i: number) => i % 2 }
    expect(stratifiedSplit(pairs, 0.01, 1).validation.length).toBe(2)
    expect(stratifiedSplit(pairs, 0.99, 1).train.length).toBe(2)
    expect(() => stratifiedSplit({ ...pairs, length: 1 }, 0.5, 1)).toThrow(/pairs, class a/)
    expect(() => stratifiedSplit(pairs, 1, 1)).toThrow(/between 0 and 1/)
  })
})

test('what a data set puts aside chooses the epoch; with no validation it is left out', () => {
  const train = { ...dataset, length: 4 } as unknown as Dataset
  const validation = Uint32Array.of(1, 3)
  const split = validationSplit({ train, validation }, 0.5, 1)
  expect(split).toMatchObject({ train: Uint32Array.of(0, 2), validation })
  expect(validationSplit({ train, validation }, 'none', 1)).toEqual({ train: split?.train, hash: split?.hash })
  expect(validationSplit({ train }, 'none', 1)).toBe(null)
  expect(validationSplit({ train }, 0.5, 1)).toEqual(stratifiedSplit(train, 0.5, 1))
})
