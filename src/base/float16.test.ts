import { expect, test } from 'vitest'
import { float16, float16Bits } from './float16.ts'

test('every half-precision number keeps its bits', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = float16(bits)
    if (!Number.isNaN(value)) expect(float16Bits(value)).toBe(bits)
  }
  expect(float16(float16Bits(Number.NaN))).toBeNaN()
})

test('values between two go to the nearer one, and halfway to the even one', () => {
  for (let bits = 0; bits < 0x7bff; bits += 7) {
    const [low, high] = [float16(bits), float16(bits + 1)]
    expect(float16Bits(low + 0.49 * (high - low))).toBe(bits)
    expect(float16Bits(low + 0.51 * (high - low))).toBe(bits + 1)
    expect(float16Bits((low + high) / 2)).toBe(bits + (bits % 2))
  }
  expect(float16Bits(65519.99)).toBe(0x7bff)
  expect(float16Bits(-65520)).toBe(0xfc00)
})
