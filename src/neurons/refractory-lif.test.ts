import { it } from 'vitest'
import { refractoryLif } from './refractory-lif.ts'
import { expectPaper } from './testing/agrees.ts'

it('is LIF that rests for two steps after a spike', () => {
  expectPaper(
    refractoryLif,
    (x, _, fire, held) => {
      let [u, rest] = [0, 0]
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        const rests = rest > 0.5
        if (!rests) u = u / 2 + current
        const s = fire(rests ? -1 : u - 1)
        u -= s
        const h = held(s)
        rest = h * 2 + (1 - h) * Math.max(0, rest - 1)
        out.s.push(s)
        out.u.push(u)
      }
      return out
    },
    { scale: 2, offset: 0.7, T: 12 },
  )
})
