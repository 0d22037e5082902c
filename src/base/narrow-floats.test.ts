import { expect, test } from 'vitest'
import { narrowFloats } from './narrow-floats.ts'

test('ends of the range, subnormal numbers, what is no number', () => {
  const { F16, BF16, F8_E4M3, F8_E5M2 } = narrowFloats
  expect([F16.fromBits(0x7bff), BF16.fromBits(0x7f80), BF16.fromBits(0x0001)]).toEqual([65504, Infinity, 2 ** -133])
  expect([0x00, 0x01, 0x08, 0x7e, 0xfe].map(F8_E4M3.fromBits)).toEqual([0, 2 ** -9, 2 ** -6, 448, -448])
  expect([0x7f, 0xff].map(F8_E4M3.fromBits)).toEqual([Number.NaN, Number.NaN])
  expect([0x01, 0x04, 0x7b, 0xfc].map(F8_E5M2.fromBits)).toEqual([2 ** -16, 2 ** -14, 57344, -Infinity])
})
