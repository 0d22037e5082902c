import { it } from 'vitest'
import { brf } from './brf.ts'
import { expectPaper } from './testing/agrees.ts'

it('is a resonator kept from diverging, damped and raised in threshold by its own spikes', () => {
  expectPaper(
    brf,
    (x, p, fire) => {
      let [u, v, q] = [0, 0, 0]
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        const omega = Math.abs(p.omega[0])
        const b = (Math.sqrt(1 - (0.01 * omega) ** 2) - 1) / 0.01 - Math.abs(p.offset[0]) - q
        const [re, im] = [u + 0.01 * (b * u - omega * v + current), v + 0.01 * (omega * u + b * v)]
        u = re
        v = im
        const s = fire(u - 1 - q)
        q = 0.9 * q + s
        out.s.push(s)
        out.u.push(u)
      }
      return out
    },
    { scale: 300, offset: 30, T: 12 },
  )
})
