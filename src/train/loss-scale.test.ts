import { expect, test } from 'vitest'
import { firstLossScale, type LossScale, nextLossScale } from './loss-scale.ts'

const info = { name: 'some', threads: 1, features: [] }

test('only backends that store gradients as float16 have a scale', () => {
  expect(firstLossScale(info)).toBe(undefined)
  expect(firstLossScale({ ...info, float16Images: true })).toEqual({ scale: 65536, steady: 0 })
})

test('it is halved by each overflow, and doubled after 2000 updates without one', () => {
  let scale: LossScale = { scale: 65536, steady: 1500 }
  scale = nextLossScale(scale, false) as LossScale
  expect(scale).toEqual({ scale: 32768, steady: 0 })
  for (let update = 0; update < 1999; update++) scale = nextLossScale(scale, true) as LossScale
  expect(scale).toEqual({ scale: 32768, steady: 1999 })
  expect(nextLossScale(scale, true)).toEqual({ scale: 65536, steady: 0 })
})

test('an overflow without scaling is none of float16', () => {
  expect(nextLossScale({ scale: 2, steady: 0 }, false)).toEqual({ scale: 1, steady: 0 })
  expect(nextLossScale({ scale: 1, steady: 0 }, false)).toBe(null)
})
