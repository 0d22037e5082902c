import { it } from 'vitest'
import { alphaLif } from './alpha.ts'
import { expectPaper } from './testing/agrees.ts'

it('is the difference of two currents times what makes its alpha function rise, all of it gone after a spike', () => {
  expectPaper(
    alphaLif,
    (x, _, fire, held) => {
      let [e, i, before] = [0, 0, 0]
      const tau = Math.log(0.9) / (Math.log(0.8) - Math.log(0.9)) + 1
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        const keeps = held(1 - before)
        e = (0.9 * e + current) * keeps
        i = (0.8 * i - current) * keeps
        const u = tau * (e + i)
        const s = fire(u - 1)
        before = s
        out.s.push(s)
        out.u.push(u)
      }
      return out
    },
    { scale: 6, offset: 0.4, T: 12 },
  )
})
