import { expect, it } from 'vitest'
import { hashedUniform } from '../base/index.ts'
import { evaluate, evaluateGradient } from '../equations/index.ts'
import { iLif } from './i-lif.ts'

/** Rounded potentials between 0 and D, subtracted; the gradient of a count is 1 in that range, none passes the reset. */
function byHand(x: readonly number[], D: number, threshold: number, weights: readonly number[]) {
  let u = 0
  const [s, open]: [number[], number[]] = [[], []]
  for (const current of x) {
    u = u / 2 + current
    const scaled = u / threshold
    s.push(Math.min(D, Math.max(0, Math.round(scaled))))
    open.push(scaled >= 0 && scaled <= D ? 1 / threshold : 0)
    u -= s[s.length - 1] * threshold
  }
  const input: number[] = x.map(() => 0)
  let back = 0
  for (let t = x.length - 1; t >= 0; t--) {
    input[t] = back + weights[t] * open[t]
    back = input[t] / 2
  }
  return { s, u, input }
}

it.each([
  [4, 1],
  [7, 0.5],
  [8, 1],
])('counts up to %i spikes of %f, as published', (D, threshold) => {
  const neuron = iLif({ D, threshold })
  const seen = new Set<number>()
  for (const seed of [1, 2, 3]) {
    const x = [...hashedUniform(16, seed)].map((value) => (D + 2) * threshold * (value - 0.2))
    const weights = x.map((_, t) => 1 + 0.3 * t)
    const expected = byHand(x, D, threshold, weights)
    const run = evaluate(neuron, x, { T: 16 })
    expect([...run.s]).toEqual(expected.s)
    expect(Math.abs(run.states.u[0] - expected.u)).toBeLessThan(1e-12)
    const { input } = evaluateGradient(neuron, x, weights, { T: 16 })
    input.forEach((value, t) => void expect(Math.abs(value - expected.input[t])).toBeLessThan(1e-10))
    for (const count of run.s) seen.add(count)
  }
  expect(seen.size).toBeGreaterThan(4)
  // More than a byte can count are stored as numbers.
  expect(neuron.program.levels).toBe(D <= 7 ? D : 0)
})
