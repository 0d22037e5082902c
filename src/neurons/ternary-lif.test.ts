import { it } from 'vitest'
import { ternaryLif } from './ternary-lif.ts'
import { expectPaper } from './testing/agrees.ts'

it('is LIF with a hard reset that fires upwards or downwards', () => {
  expectPaper(
    ternaryLif,
    (x, _, fire) => {
      let u = 0
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        u = 0.25 * u + current
        const [up, down] = [fire(u - 0.5), fire(-u - 0.5)]
        const s = up - down
        u *= 1 - up - down
        out.s.push(s)
        out.u.push(u)
      }
      return out
    },
    { scale: 3, offset: -0.7, dense: true },
  )
})
