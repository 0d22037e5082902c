import { it } from 'vitest'
import { ilif } from './ilif.ts'
import { expectPaper } from './testing/agrees.ts'

it('is LIF held back by a current of the input at the last spike, and by a potential that spikes add to', () => {
  expectPaper(ilif, (x, _, fire) => {
    let [v, m, inhibition, before, fired] = [0, 0, 0, 0, 0]
    const out = { s: [] as number[], u: [] as number[] }
    for (const current of x) {
      inhibition = 0.03 * inhibition + 0.03 * before * fired
      v = 0.5 * v + current - (inhibition > 0 ? inhibition : 0)
      fired = fire(v - 1)
      v -= fired
      m += fired * v
      v -= fired / (1 + Math.exp(-m))
      before = current
      out.s.push(fired)
      out.u.push(v)
    }
    return out
  })
})
