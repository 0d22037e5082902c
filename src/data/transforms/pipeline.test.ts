import { describe, expect, test } from 'vitest'
import { cutout } from './cutout.ts'
import { normalise } from './normalise.ts'
import { imagePipeline, isDescribable, makeTransform } from './pipeline.ts'
import { randomCrop } from './random-crop.ts'
import { randomFlip } from './random-flip.ts'

const shape = [8, 8, 3] as const
const bytes = new Uint8Array(192).map((_, i) => i)
const all = () => [
  randomCrop({ padding: 2 }),
  randomFlip(),
  normalise([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]),
  cutout({ size: 3 }),
]

function run(seed: number, epoch: number, index: number, pipeline = imagePipeline({ shape }, all(), seed)): number[] {
  const into = new Float32Array(192)
  pipeline.run(bytes, epoch, index, into)
  return [...into]
}

describe('image pipeline', () => {
  test('without transforms: bytes / 255', () => {
    expect(run(1, 0, 0, imagePipeline({ shape }, [], 1))).toEqual([...bytes].map((byte) => Math.fround(byte / 255)))
  })

  test('a sample is the same whatever was made before it', () => {
    const pipeline = imagePipeline({ shape }, all(), 1)
    const forwards = [0, 1, 2, 3].map((index) => run(1, 5, index, pipeline))
    const backwards = [3, 2, 1, 0].map((index) => run(1, 5, index, pipeline)).reverse()
    expect(backwards).toEqual(forwards)
    expect(run(1, 5, 2)).toEqual(forwards[2])
  })

  test('seed, epoch and index each make a difference', () => {
    const variants = [run(1, 0, 0), run(2, 0, 0), run(1, 1, 0), run(1, 0, 1)].map((values) => values.join())
    expect(new Set(variants).size).toBe(4)
  })

  test('a description makes the same transform again', () => {
    const again = all().map(({ name, options }) => makeTransform(structuredClone({ name, options })))
    expect(again.every(isDescribable)).toBe(true)
    expect(run(1, 0, 9, imagePipeline({ shape }, again, 1))).toEqual(run(1, 0, 9))
    expect(() => makeTransform({ name: 'cutuot', options: {} })).toThrow(/Did you mean 'cutout'/)
  })
})
