import { it } from 'vitest'
import { seAdLif } from './se-adlif.ts'
import { expectPaper } from './testing/agrees.ts'

it('is adaptive LIF whose adaptation reads the potential of its own step, behind the reset', () => {
  expectPaper(
    seAdLif,
    (x, { a: [a], b: [b], tauU: [tauU], tauW: [tauW] }, fire, held) => {
      let [u, w] = [0, 0]
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        const [du, dw] = [Math.exp(-1 / (5 + 20 * tauU)), Math.exp(-1 / (60 + 240 * tauW))]
        u = du * u + (1 - du) * (current - w)
        const s = fire(u - 1)
        u *= held(1 - s)
        w = dw * w + (1 - dw) * 120 * (a * u + b * s)
        out.s.push(s)
        out.u.push(u)
      }
      return out
    },
    { scale: 30, offset: 4, T: 14 },
  )
})
