import { expect, test } from 'vitest'
import { FixedMath, reduced, shifted } from './fixed-math.ts'

const math = new FixedMath(16)
const { one } = math

test('products and quotients are exact to half a bit, also beyond what doubles hold', () => {
  expect(math.times(3 * one, -one / 2)).toBe(-1.5 * one)
  expect(math.times(1, one / 2)).toBe(1)
  expect(math.times(-1, one / 2)).toBe(0)
  const [a, b] = [2 ** 31 - 1, 2 ** 30 - 3]
  expect(BigInt(shifted(a, b, 40))).toBe((BigInt(a) * BigInt(b) + 2n ** 39n) / 2n ** 40n)
  expect(BigInt(shifted(-a, b, 40))).toBe(-((BigInt(a) * BigInt(b) + 2n ** 39n) / 2n ** 40n))
  expect(math.divided(one, 3 * one)).toBe(Math.floor(one / 3))
  expect(math.divided(-one, 3 * one)).toBe(-Math.floor(one / 3))
  expect([math.divided(5, 0), math.divided(-5, 0)]).toEqual([FixedMath.limit, -FixedMath.limit])
})

test('what is too large stays at the limit', () => {
  expect(math.sum(FixedMath.limit, FixedMath.limit)).toBe(FixedMath.limit)
  expect(math.times(-FixedMath.limit, FixedMath.limit)).toBe(-FixedMath.limit)
  expect(math.from(1e9)).toBe(FixedMath.limit)
  expect(reduced(9 * one, 2 * one, 8)).toBe(512)
  expect(reduced(-9 * one, 2 * one, 0)).toBe(-2 * one)
})

test('sigmoid and tanh are near, everywhere', () => {
  for (let x = -14; x <= 14; x += 0.0137) {
    expect(Math.abs(math.sigmoid(math.from(x)) / one - 1 / (1 + Math.exp(-x)))).toBeLessThan(8e-5)
    expect(Math.abs(math.tanh(math.from(x)) / one - Math.tanh(x))).toBeLessThan(2e-4)
  }
})

test('floor, round to even, powers', () => {
  expect([-1.5, -0.25, 2.75].map((x) => math.floor(math.from(x)) / one)).toEqual([-2, -1, 2])
  expect([-1.5, -0.5, 0.5, 1.5, 2.5, 2.51].map((x) => math.round(math.from(x)) / one)).toEqual([-2, 0, 0, 2, 2, 3])
  expect([math.power(3 * one, 2), math.power(2 * one, -2), math.power(7, 0)]).toEqual([9 * one, one / 4, one])
})
