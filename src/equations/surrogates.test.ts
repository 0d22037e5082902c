import { describe, expect, it } from 'vitest'
import { differentiate } from './adjoint.ts'
import { compile } from './compile.ts'
import type { Neuron, Surrogate } from './program.ts'
import { evaluateGradient } from './sequence.ts'
import { type SurrogateChoice, surrogateOf, surrogates } from './surrogates.ts'

function slopeAt(surrogate: Surrogate, v: number): number {
  const { program } = compile({ equations: 's = spike(x)', surrogate })
  const neuron: Neuron = {
    name: 'step',
    equations: '',
    program,
    adjoint: differentiate(program, surrogate),
    config: { neuron: 'step', options: {} },
  }
  return evaluateGradient(neuron, [v], [1], { T: 1 }).input[0]
}

/** Written by hand, in another form than the formulas under test where there is one. */
const oracles: { readonly [name: string]: (v: number, alpha: number) => number } = {
  rectangle: (v, alpha) => (Math.abs(v) <= alpha / 2 ? 1 / alpha : 0),
  sigmoid: (v, alpha) => alpha / (Math.exp((alpha * v) / 2) + Math.exp((-alpha * v) / 2)) ** 2,
  triangle: (v, alpha) => Math.max(0, alpha - alpha * alpha * Math.abs(v)),
  atan: (v, alpha) => alpha / 2 / (1 + ((Math.PI * alpha * v) / 2) ** 2),
}
/** Integrals are 1: each surrogate is the derivative of a step made soft. */
const widths: { readonly [name: string]: number } = { rectangle: 8, triangle: 8, sigmoid: 60, atan: 2e5 }

it('has an oracle for each', () => {
  expect(Object.keys(oracles)).toEqual(Object.keys(surrogates))
})

describe.each(Object.keys(surrogates))('%s', (name) => {
  const alphas = [0.7, 1, 2, 4]
  const places = [-3, -1, -0.5, -0.26, -0.1, 0, 0.1, 0.24, 0.5, 1, 3]

  it.each(alphas)('equals its formula, alpha %d', (alpha) => {
    const surrogate = surrogateOf(name, alpha)
    for (const v of places) expect(slopeAt(surrogate, v)).toBeCloseTo(oracles[name](v, alpha), 12)
  })

  it('is positive at 0, and 0 outside of its window only', () => {
    const surrogate = surrogateOf(name)
    expect(slopeAt(surrogate, 0)).toBeGreaterThan(0)
    for (const v of places) {
      const inside = surrogate.window === undefined || Math.abs(v) < { rectangle: 0.5, triangle: 1 }[name]!
      if (inside) expect(slopeAt(surrogate, v)).toBeGreaterThan(0)
    }
    if (surrogate.window !== undefined) expect(Math.abs(slopeAt(surrogate, 1.0001))).toBe(0)
  })

  it('integrates to 1', () => {
    const width = widths[name]
    const steps = 4000
    let sum = 0
    // v = sinh(z): fine near 0, coarse far out.
    const end = Math.asinh(width / 2)
    for (let i = 0; i < steps; i++) {
      const z = -end + ((i + 0.5) * 2 * end) / steps
      sum += oracles[name](Math.sinh(z), surrogates[name].alpha) * Math.cosh(z) * ((2 * end) / steps)
    }
    expect(sum).toBeCloseTo(1, 2)
  })
})

it('includes the edge of the rectangle', () => {
  expect(slopeAt(surrogateOf('rectangle'), 0.5)).toBe(1)
  expect(slopeAt(surrogateOf('rectangle'), -0.5)).toBe(1)
  expect(slopeAt(surrogateOf('rectangle'), 0.5000001)).toBe(0)
})

it('takes a definition of one’s own', () => {
  const cosine: Surrogate = { name: 'exponential', alpha: 2, derivative: 'alpha / 2 * exp(-alpha * abs(v))' }
  expect(slopeAt(surrogateOf(cosine), 0.3)).toBeCloseTo(Math.exp(-0.6), 14)
  expect(slopeAt(surrogateOf(cosine, 1), 0.3)).toBeCloseTo(0.5 * Math.exp(-0.3), 14)
})

it.each<[string, SurrogateChoice, number | undefined]>([
  ['unknown name', 'rectangel', undefined],
  ['alpha 0', 'atan', 0],
  ['alpha NaN', { name: 'atan', alpha: Number.NaN }, undefined],
  ['unknown name in the formula', { name: 'mine', alpha: 1, derivative: '1 / (1 + w)' }, undefined],
  ['spike in the formula', { name: 'mine', alpha: 1, derivative: 'spike(v)' }, undefined],
  ['negative window', { name: 'mine', alpha: 1, derivative: '1', window: '-alpha' }, undefined],
])('refuses: %s', (_, choice, alpha) => {
  expect(() => surrogateOf(choice, alpha)).toThrowErrorMatchingSnapshot()
})
