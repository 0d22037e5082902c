import { expect, test } from 'vitest'
import { firingAdvice } from './firing-advice.ts'

test('nobody is told to do what is done, or shown a number that is none', () => {
  const [line] = firingAdvice([{ layer: 'quiet', rate: 0 }], (layer) => layer === 'quiet')
  expect(line).toContain('(rate 0): nothing passes it. Lower its threshold, or lower the learning rate.')
  expect(firingAdvice([{ layer: 'quiet', rate: 0 }])[0]).toContain('put BatchNorm in front')
})

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
