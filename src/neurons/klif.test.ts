import { expect, it } from 'vitest'
import { evaluate } from '../equations/index.ts'
import { klif } from './klif.ts'
import { lif } from './lif.ts'
import { expectPaper } from './testing/agrees.ts'

it('is its paper: H = V - V/tau + X, F = ReLU(k H), S = step(F - threshold), V = F - S threshold', () => {
  const tau = 3
  expectPaper(
    (options) => klif({ tau, ...options }),
    (x, { k: [k] }, fire) => {
      let v = 0
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        const h = v - v / tau + current
        const f = Math.max(0, k * h)
        const s = fire(f - 1)
        v = f - s
        out.s.push(s)
        out.u.push(v)
      }
      return out
    },
  )
})

it('is LIF where k is 1 and no potential is negative', () => {
  const x = [0.8, 0.4, 0.9, 0.4, 1, 0.2, 0.7]
  expect(evaluate(klif(), x, { T: 7 }).s).toEqual(evaluate(lif(), x, { T: 7 }).s)
})

it('decays its input and resets hard where asked to, as its code does', () => {
  const { s, observed } = evaluate(klif({ decayInput: true, reset: 'hard' }), [1.5, 1.5, -4], { T: 3 })
  expect([...s]).toEqual([0, 1, 0])
  expect([...observed.u]).toEqual([0.75, 0, 0])
})
