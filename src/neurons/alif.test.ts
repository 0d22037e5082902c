import { expect, it } from 'vitest'
import { alif } from './alif.ts'
import { expectPaper } from './testing/agrees.ts'

it('is its paper: eta, theta = b0 + 1.8 eta, u and spike, all from the previous spike', () => {
  expectPaper(
    alif,
    (x, { tauU: [tauM], tauB: [tauAdp] }, fire) => {
      const alpha = Math.exp(-1 / tauM)
      const rho = Math.exp(-1 / tauAdp)
      let [eta, u, spike] = [0, 0, 0]
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        eta = rho * eta + (1 - rho) * spike
        const theta = 0.1 + 1.8 * eta
        u = alpha * u + (1 - alpha) * current - theta * spike
        spike = fire(u - theta)
        out.s.push(spike)
        out.u.push(u)
      }
      return out
    },
    { scale: 5, T: 12 },
  )
})

it('learns both time constants per channel, from 20 and 150', () => {
  expect(alif().program.parameters.map(({ name, scope, start }) => [name, scope, start(4)])).toEqual([
    ['tauU', 'channel', 20],
    ['tauB', 'channel', 150],
  ])
})
