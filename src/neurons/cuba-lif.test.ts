import { expect, it } from 'vitest'
import { evaluate } from '../equations/index.ts'
import { cubaLif } from './cuba-lif.ts'
import { expectPaper } from './testing/agrees.ts'

it('is a potential that leaks, driven by a current that leaks', () => {
  expectPaper(
    (options) => cubaLif({ tau: 4, tauSynapse: 3, ...options }),
    (x, _, fire) => {
      const out = { s: [] as number[], u: [] as number[] }
      const resets: number[] = []
      for (let t = 0; t < x.length; t++) {
        // As sums over the past, not step by step.
        const currentAt = (j: number) =>
          x.slice(0, j + 1).reduce((sum, value, k) => sum + value * (2 / 3) ** (j - k), 0)
        const charged = x.slice(0, t + 1).reduce((sum, _value, j) => sum + 0.75 ** (t - j) * currentAt(j), 0)
        const lost = resets.reduce((sum, value, j) => sum + value * 0.75 ** (t - j), 0)
        const s = fire(charged - lost - 1)
        resets.push(s)
        out.s.push(s)
        out.u.push(charged - lost - s)
      }
      return out
    },
  )
})

it('decays its input where asked to', () => {
  const { observed } = evaluate(cubaLif({ decayInput: true }), [1, 0, 0], { T: 3 })
  expect([...observed.u]).toEqual([0.5, 0.5, 0.375])
})
