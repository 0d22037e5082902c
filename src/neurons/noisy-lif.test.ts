import { expect, it } from 'vitest'
import { evaluate, evaluateGradient, noiseKeys, noiseValue } from '../equations/index.ts'
import { lif } from './lif.ts'
import { noisyLif } from './noisy-lif.ts'
import { expectPaper } from './testing/agrees.ts'

it('is LIF where nothing is drawn', () => {
  expectPaper(noisyLif, (x, _, fire) => {
    let u = 0
    const out = { s: [] as number[], u: [] as number[] }
    for (const current of x) {
      u = u / 2 + current
      const s = fire(u - 1)
      u -= s
      out.s.push(s)
      out.u.push(u)
    }
    return out
  })
})

it('adds normal numbers to the potential, and learns by the normal density of their deviation', () => {
  const x = [0.8, 0.3, 0.9, 0.6, 1.1]
  const [T, noise] = [x.length, { key: 3, step: 0 }]
  const drawn = x.map((_, t) => 0.3 * noiseValue(noiseKeys(noise, t, 0, 1), 0))
  const noisy = evaluate(noisyLif(), x, { T, noise })
  const known = evaluate(
    lif(),
    x.map((value, t) => value + drawn[t]),
    { T },
  )
  expect([...noisy.s]).toEqual([...known.s])
  noisy.observed.u.forEach((value, t) => void expect(value).toBeCloseTo(known.observed.u[t], 12))
  const { input } = evaluateGradient(noisyLif(), x, [0, 0, 0, 0, 1], { T, noise })
  const v = noisy.observed['u#1'][4] - 1
  const density = Math.exp(-((v / 0.3) ** 2) / 2) / (0.3 * Math.sqrt(2 * Math.PI))
  expect(Math.abs(input[4] - density)).toBeLessThan(1e-12)
})
