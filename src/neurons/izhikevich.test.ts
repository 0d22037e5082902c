import { expect, it } from 'vitest'
import { evaluate } from '../equations/index.ts'
import { izhikevich } from './izhikevich.ts'
import { expectPaper } from './testing/agrees.ts'

it('is v += 0.04 v^2 + 5 v + 140 - u + I by half milliseconds, v to c and u up by d at 30 mV', () => {
  expectPaper(
    izhikevich,
    (x, _, fire) => {
      let [v, recovery] = [-65, -13]
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        v += 0.5 * ((0.04 * v + 5) * v + 140 - recovery + current)
        recovery += 0.01 * (0.2 * v - recovery)
        const s = fire(v - 30)
        v = (1 - s) * v - 65 * s
        recovery += 8 * s
        out.s.push(s)
        out.u.push(v)
      }
      return out
    },
    { scale: 60, T: 40 },
  )
})

it('spikes regularly under a steady input, slower at first than later where it bursts', () => {
  const T = 2000
  const regular = evaluate(izhikevich(), new Float64Array(T).fill(10), { T }).s
  const times = [...regular].flatMap((s, t) => (s ? [t] : []))
  const gaps = times.slice(1).map((t, i) => t - times[i])
  // A second: some 20 to 40 spikes, and steady gaps after the first few.
  expect(times.length).toBeGreaterThan(15)
  expect(times.length).toBeLessThan(45)
  const late = gaps.slice(-5)
  expect(Math.max(...late) - Math.min(...late)).toBeLessThan(4)
})
