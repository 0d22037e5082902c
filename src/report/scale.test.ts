import fc from 'fast-check'
import { expect, test } from 'vitest'
import { niceTicks, scaleOver, scaleWithin } from './scale.ts'

test('ticks are round and cover the range', () => {
  expect(niceTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1])
  expect(niceTicks(1, 9, 5)).toEqual([0, 2, 4, 6, 8, 10])
  expect(niceTicks(1, 2, 6, true)).toEqual([1, 2])
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      (low, span) => {
        const ticks = niceTicks(low, low + span, 5)
        expect(ticks.length).toBeGreaterThan(1)
        expect(ticks.length).toBeLessThan(9)
        expect(ticks[0]).toBeLessThanOrEqual(low + span * 1e-6)
        expect(ticks[ticks.length - 1]).toBeGreaterThanOrEqual(low + span * (1 - 1e-6))
      },
    ),
  )
})

test('scales map ends to ends and label evenly', () => {
  const scale = scaleOver([0, 0.5, 1], 100, 0)
  expect([scale(0), scale(0.25), scale(1)]).toEqual([100, 75, 0])
  expect(scale.ticks.map(scale.label)).toEqual(['0.0', '0.5', '1.0'])
  const epochs = scaleWithin(1, 10, 0, 90, true)
  expect([epochs(1), epochs(10)]).toEqual([0, 90])
  expect(epochs.ticks.map(epochs.label)).toEqual(['2', '4', '6', '8', '10'])
})

test('a single value lies in the middle', () => {
  const scale = scaleWithin(3, 3, 0, 10, true)
  expect([scale(3), scale.ticks]).toEqual([5, [3]])
})
