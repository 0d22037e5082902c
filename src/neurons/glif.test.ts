import { expect, it } from 'vitest'
import { glif } from './glif.ts'
import { expectPaper } from './testing/agrees.ts'

const sigmoid = (v: number) => 1 / (1 + Math.exp(-v))

it('is its paper, gate by gate', () => {
  expectPaper(glif, (x, raw, fire) => {
    const of = (name: string, t = 0) => sigmoid(raw[name][t])
    const [alpha, beta, gamma] = ['a', 'b', 'c'].map((name) => of(name))
    let [u, spike] = [0, 0]
    const out = { s: [] as number[], u: [] as number[] }
    x.forEach((current, t) => {
      const exponential = (1 - alpha * (1 - of('d'))) * u
      const linear = (1 - alpha) * of('l')
      const hard = 1 - gamma * spike
      const soft = (1 - gamma) * of('r') * spike
      const weighted = current * (1 - beta * (1 - of('g', t)))
      u = exponential * hard - linear + weighted - soft
      spike = fire(u - of('h'))
      out.s.push(spike)
      out.u.push(u)
    })
    return out
  })
})

it('starts where its code does: decay .25, threshold .5, leak threshold / 2T, conductance .5', () => {
  const starts = Object.fromEntries(glif().program.parameters.map(({ name, start }) => [name, sigmoid(start(6))]))
  const expected = { a: 0.55, b: 0.65, c: 0.55, d: 0.25, h: 0.5, l: 0.5 / 12, r: 0.5, g: 0.5 }
  expect(Object.keys(starts)).toEqual(Object.keys(expected))
  for (const [name, value] of Object.entries(expected)) expect(starts[name]).toBeCloseTo(value, 12)
})
