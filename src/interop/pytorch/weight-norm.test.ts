import { expect, test } from 'vitest'
import type { SafetensorsTensor } from '../safetensors.ts'
import { withMergedNorms } from './weight-norm.ts'

const floats = (shape: number[], ...values: number[]): SafetensorsTensor => ({
  dtype: 'F32',
  shape,
  values: Float32Array.from(values),
})
const v = floats([2, 2], 3, 4, 0, 2)

test.each([
  ['a.weight_g', 'a.weight_v'],
  ['a.parametrizations.weight.original0', 'a.parametrizations.weight.original1'],
])('%s: w = g v / |v|, by row', (g, direction) => {
  const merged = withMergedNorms(new Map([[g, floats([2, 1], 10, -1)], [direction, v], ['b', v]])) // biome-ignore format: one line
  expect([...merged.keys()]).toEqual(['b', 'a.weight'])
  expect([...(merged.get('a.weight')!.values as Float32Array)]).toEqual([6, 8, -0, -1])
})

test('by column, and one length for all', () => {
  const both = (g: SafetensorsTensor) =>
    withMergedNorms(new Map([['weight_g', g], ['weight_v', v]])).get('weight')!.values // biome-ignore format: one line
  expect([...(both(floats([1, 2], 3, 2 * Math.sqrt(20))) as Float32Array)]).toEqual([3, 8, 0, 4])
  const [first] = both(floats([], 29)) as Float32Array
  expect(first).toBeCloseTo(3 * Math.sqrt(29), 5)
})

test('what is no pair stays as it is', () => {
  const held = new Map([['a.weight_g', floats([3, 1], 1, 1, 1)], ['a.weight_v', v], ['c.weight_g', v]]) // biome-ignore format: one line
  expect(withMergedNorms(held)).toEqual(held)
})
