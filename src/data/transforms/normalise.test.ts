import { expect, test } from 'vitest'
import { Random } from '../../base/index.ts'
import { normalise } from './normalise.ts'

const image = (values: number[], channels: number) => ({
  values: Float32Array.from(values),
  spare: new Float32Array(values.length),
  height: 1,
  width: values.length / channels,
  channels,
})

test('normalise works per channel, rounding as float32 does', () => {
  const picture = image([0, 1, 0.5, 0.25], 2)
  normalise([0.5, 0.25], [0.25, 0.5]).apply(picture, new Random(1))
  expect([...picture.values]).toEqual([-2, 1.5, 0, 0])
  const grey = image([Math.fround(200 / 255)], 1)
  normalise([0.1307], [0.3081]).apply(grey, new Random(1))
  const f = Math.fround
  expect(grey.values[0]).toBe(f(f(f(200 / 255) - f(0.1307)) / f(0.3081)))
})

test('normalise refuses what does not fit', () => {
  expect(() => normalise([0.5], [0.1, 0.2])).toThrow(/one length/)
  expect(() => normalise([0.5], [0])).toThrow(/positive/)
  expect(() => normalise([0.5], [1]).apply(image([1, 2, 3], 3), new Random(1))).toThrow(/images of 3/)
})
