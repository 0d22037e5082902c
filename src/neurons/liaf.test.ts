import { it } from 'vitest'
import { liaf } from './liaf.ts'
import { expectPaper } from './testing/agrees.ts'

it('is LIF with a hard reset that passes its rectified potential on', () => {
  expectPaper(
    liaf,
    (x, _, fire) => {
      let u = 0
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        u = u / 2 + current
        const fired = fire(u - 1)
        const s = Math.max(u, 0)
        u *= 1 - fired
        out.s.push(s)
        out.u.push(u)
      }
      return out
    },
    { dense: true },
  )
})
