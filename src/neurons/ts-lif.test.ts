import { it } from 'vitest'
import { expectPaper } from './testing/agrees.ts'
import { tsLif } from './ts-lif.ts'

it('is a dendrite and a soma that inhibit each other, and a weighted sum of both their spikes', () => {
  expectPaper(
    tsLif,
    (x, p, fire) => {
      let [v, u] = [0, 0]
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        v = p.decayLong[0] * v + p.gainLong[0] * current - p.fromShort[0] * u
        u = p.decayShort[0] * u + p.gainShort[0] * current - p.fromLong[0] * v
        const [short, long] = [fire(u - 1), fire(v - 1)]
        const s = p.short[0] * short + p.long[0] * long
        v -= 0.5 * long
        u -= short
        out.s.push(s)
        out.u.push(u)
      }
      return out
    },
    { scale: 8, offset: 1, dense: true, T: 10 },
  )
})
