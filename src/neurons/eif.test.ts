import { it } from 'vitest'
import { eif } from './eif.ts'
import { expectPaper } from './testing/agrees.ts'

it('is a step of tau dV/dt = -(V - rest) + D exp((V - rheobase) / D) + X', () => {
  expectPaper(
    (options) => eif({ tau: 4, rest: -0.2, rheobase: 0.6, sharpness: 0.5, ...options }),
    (x, _, fire) => {
      let v = 0
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        v = 0.75 * v + (current - 0.2 + 0.5 * Math.E ** (2 * v - 1.2)) / 4
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
