import { it } from 'vitest'
import { rpLif } from './rp-lif.ts'
import { expectPaper } from './testing/agrees.ts'

it('is LIF whose threshold is higher by a factor in the step after a spike', () => {
  expectPaper(
    rpLif,
    (x, _, fire, held) => {
      let [u, threshold] = [0, 1]
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        u = u / 2 + current
        const s = fire(u - threshold)
        u -= s * threshold
        const h = held(s)
        threshold = h * threshold * 1.2 + (1 - h)
        out.s.push(s)
        out.u.push(u)
      }
      return out
    },
    { offset: 0.2 },
  )
})
