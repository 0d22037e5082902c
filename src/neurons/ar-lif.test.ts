import { it } from 'vitest'
import { arLif } from './ar-lif.ts'
import { expectPaper } from './testing/agrees.ts'

const logistic = (v: number) => 1 / (1 + Math.exp(-v))

it('is its published code: half of v stays, threshold and reset move with the input and with m', () => {
  expectPaper(arLif, (x, { a: [a], c: [c] }, fire) => {
    let [v, m] = [0, 0]
    const out = { s: [] as number[], u: [] as number[] }
    for (const current of x) {
      v = v / 2 + current
      const moved = Math.tanh(a) * Math.tanh(current)
      const s = fire(v - 1 - moved)
      const kept = m > 0 ? m * logistic(c * current) : m * (1 - logistic(c * current))
      m = kept + (2 * s - 1) * logistic(current)
      v -= s * (1 + logistic(m) + moved)
      out.s.push(s)
      out.u.push(v)
    }
    return out
  })
})
