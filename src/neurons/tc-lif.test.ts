import { it } from 'vitest'
import { tcLif } from './tc-lif.ts'
import { expectPaper } from './testing/agrees.ts'

it('is its paper: dendrite and soma with couplings -sigmoid(c1) and sigmoid(c2), resets .5 and threshold', () => {
  expectPaper(tcLif, (x, { c1: [c1], c2: [c2] }, fire) => {
    const beta1 = -1 / (1 + Math.exp(-c1))
    const beta2 = 1 / (1 + Math.exp(-c2))
    let [dendrite, soma] = [0, 0]
    const out = { s: [] as number[], u: [] as number[] }
    for (const current of x) {
      dendrite = dendrite + beta1 * soma + current
      soma = soma + beta2 * dendrite
      const s = fire(soma - 1)
      dendrite -= 0.5 * s
      soma -= s
      out.s.push(s)
      out.u.push(soma)
    }
    return out
  })
})
