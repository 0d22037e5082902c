import { expect, test } from 'vitest'
import { figuresText, inPercentText, percentNumber, percentText } from './index.ts'

test('shares in percent', () => {
  expect([percentText(0.87346), percentText(0.5, 0), percentNumber(0.12345, 1)]).toEqual(['87.35 %', '50 %', '12.3'])
  expect([figuresText(0.12345, 2), figuresText(0.0000123, 2), inPercentText(95.41)]).toEqual([
    '12 %',
    '0.0012 %',
    '95.4 %',
  ])
})

test('nothing is a dash, or empty in a column of numbers', () => {
  expect([
    percentText(undefined),
    percentText(Number.NaN),
    figuresText(Number.NaN, 2),
    inPercentText(undefined),
  ]).toEqual(['-', '-', '-', '-'])
  expect(percentNumber(Number.POSITIVE_INFINITY)).toBe('')
})
