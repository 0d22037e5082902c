import { it } from 'vitest'
import { adex } from './adex.ts'
import { expectPaper } from './testing/agrees.ts'

it('is the exponential neuron less a current that follows the potential and jumps at spikes', () => {
  expectPaper(
    adex,
    (x, _, fire) => {
      let [u, w] = [0, 0]
      const out = { s: [] as number[], u: [] as number[] }
      for (const current of x) {
        u += (current - u + Math.exp(u - 0.8) - w) / 2
        w += (0.1 * u - w) / 10
        const s = fire(u - 1)
        u *= 1 - s
        w += 0.2 * s
        out.s.push(s)
        out.u.push(u)
      }
      return out
    },
    { offset: 0.2 },
  )
})
