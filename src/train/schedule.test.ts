import { expect, test } from 'vitest'
import { constant, cosine, scheduleFactor, stepDecay } from './schedule.ts'

const at = (update: number) => ({ update, updatesPerEpoch: 4, epochs: 5 })
const rates = (schedule: Parameters<typeof scheduleFactor>[0]) =>
  Array.from({ length: 20 }, (_, update) => scheduleFactor(schedule, at(update)))

test('cosine by epoch is PyTorch 2.13 CosineAnnealingLR(5) of 0.1', () => {
  const expected = [0.1, 0.09045084971874738, 0.06545084971874737, 0.03454915028125263, 0.009549150281252633]
  rates(cosine({ per: 'epoch' })).forEach((factor, update) => {
    expect(0.1 * factor).toBeCloseTo(expected[Math.floor(update / 4)], 12)
  })
})

test('cosine by update falls from 1 towards 0, half way at the middle', () => {
  const factors = rates(cosine())
  expect(factors[0]).toBe(1)
  expect(factors[10]).toBeCloseTo(0.5, 12)
  expect(factors[19]).toBeCloseTo((1 + Math.cos((Math.PI * 19) / 20)) / 2, 12)
  for (let i = 1; i < 20; i++) expect(factors[i]).toBeLessThan(factors[i - 1])
})

test('warmup rises evenly to the full rate, and the cosine starts behind it', () => {
  const factors = rates(cosine({ warmup: 1 }))
  expect(factors.slice(0, 5)).toEqual([0.25, 0.5, 0.75, 1, 1])
  expect(factors[12]).toBeCloseTo(0.5, 12)
  expect(rates(constant({ warmup: 0.5 })).slice(0, 3)).toEqual([0.5, 1, 1])
})

test('step', () => {
  const factors = rates(stepDecay({ epochs: 2, factor: 0.5 }))
  expect([0, 7, 8, 15, 16].map((i) => factors[i])).toEqual([1, 1, 0.5, 0.5, 0.25])
  expect(() => stepDecay({ epochs: 0 })).toThrow(/step: epochs/)
  expect(() => cosine({ warmup: -1 })).toThrow(/cosine: warmup/)
})
