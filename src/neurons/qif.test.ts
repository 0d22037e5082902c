import { it } from 'vitest'
import { qif } from './qif.ts'
import { expectPaper } from './testing/agrees.ts'

it('is a step of tau dV/dt = a (V - rest)(V - critical) + X', () => {
  expectPaper(
    (options) => qif({ tau: 3, rest: -0.1, critical: 0.7, a: 0.9, ...options }),
    (x, _, fire) => {
      let v = 0
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        const slope = 0.9 * (v * v - 0.6 * v - 0.07) + current
        v += slope / 3
        const s = fire(v - 1)
        v -= s
        out.s.push(s)
        out.u.push(v)
      }
      return out
    },
    { scale: 4 },
  )
})
