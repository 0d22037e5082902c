import { expect, test } from 'vitest'
import { firingAdvice } from './firing-advice.ts'

test('silent and saturated layers are named, with advice; others are not', () => {
  const advice = firingAdvice([
    { layer: 'quiet', rate: 9e-6 },
    { layer: 'rare', rate: 1e-5 },
    { layer: 'busy', rate: 0.999 },
    { layer: 'stuck', rate: 0.9991 },
  ])
  expect(advice.length).toBe(2)
  expect(advice[0]).toMatch(/"quiet" hardly ever fires[\s\S]*threshold/)
  expect(advice[1]).toMatch(/"stuck" always fires/)
})
