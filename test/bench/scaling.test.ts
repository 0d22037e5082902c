import { beforeAll, expect, test } from 'vitest'
import { load } from './load.ts'

let amdahl: (one: number, two: number) => { serial: number; predicted: readonly { times: number }[] }
let allreduceSeconds: (bytes: number, ranks: number, gigabits: number) => number
let predictedRanks: (
  model: string,
  batch: number,
  seconds: number,
  bytes: number,
) => { rows: readonly { together: number; tenth: number }[] }

beforeAll(async () => {
  const loaded = await load('scaling.mjs')
  amdahl = loaded.amdahl as typeof amdahl
  allreduceSeconds = loaded.allreduceSeconds as typeof allreduceSeconds
  predictedRanks = loaded.predictedRanks as typeof predictedRanks
})

test('what two threads do not share is serial, and bounds more of them', () => {
  const { serial, predicted } = amdahl(1, 0.6)
  expect(serial).toBeCloseTo(0.2)
  expect(predicted.map(({ times }) => Number(times.toFixed(2)))).toEqual([3.33, 4, 4.71])
  expect(amdahl(1, 0.5).serial).toBe(0)
  expect(amdahl(1, 1.2).serial).toBe(1)
})

test('a ring sends each byte twice, less a share, and pays its latency at every hop', () => {
  // 1 GB over 10 Gbit/s: 0.8 s a way.
  expect(allreduceSeconds(1e9, 2, 10)).toBeCloseTo(0.8, 3)
  expect(allreduceSeconds(1e9, 512, 10)).toBeCloseTo(1.6 * (511 / 512) + 1022 * 20e-6, 6)
})

test('at the batch that is told communication takes a tenth', () => {
  const { rows } = predictedRanks('net', 32, 0.2, 6.6e6)
  for (const { together, tenth } of rows) {
    const computing = (0.2 * tenth) / 32
    expect(together / (together + computing)).toBeLessThanOrEqual(0.1)
    expect(together / (together + (0.2 * (tenth - 1)) / 32)).toBeGreaterThan(0.1)
  }
})
