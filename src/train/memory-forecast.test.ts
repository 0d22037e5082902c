import { expect, it } from 'vitest'
import { memoryForecast } from './memory-forecast.ts'
import { tinyNetwork } from './testing/tiny.ts'

const fitting = (budget: number, batch: number) => {
  try {
    memoryForecast(tinyNetwork(), { T: 2, batch, budget })
    return batch
  } catch (error) {
    return Number(/a batch of (\d+) fits/.exec((error as Error).message)?.[1] ?? 0)
  }
}

it('names the largest batch that fits, however large the one asked for', () => {
  const fits = fitting(200_000, 1e9)
  expect(fits).toBeGreaterThan(10)
  expect([fitting(200_000, fits), fitting(200_000, fits + 1)]).toEqual([fits, fits])
})
