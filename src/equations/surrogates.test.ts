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
  'fast-sigmoid': (v, alpha) => (1 + alpha * Math.abs(v)) ** -2,
  gaussian: (v, alpha) => normal(v, 0, alpha),
  // Its integral is erf(alpha v): a normal distribution.
  erf: (v, alpha) => normal(v, 0, Math.SQRT1_2 / alpha),
  slayer: (v, alpha) => Math.E ** (-alpha * Math.abs(v)),
  softsign: (v, alpha) => alpha / (2 * (1 + Math.abs(alpha * v)) ** 2),
  'piecewise-quadratic': (v, alpha) => Math.max(0, alpha - alpha * alpha * Math.abs(v)),
  'piecewise-exponential': (v, alpha) => alpha / (2 * Math.exp(Math.abs(alpha * v))),
  'multi-gaussian': (v, alpha) =>
    1.15 * normal(v, 0, alpha) - 0.15 * normal(v, alpha, 6 * alpha) - 0.15 * normal(v, -alpha, 6 * alpha),
  'leaky-rectangle': (v, alpha) => (Math.abs(v) <= alpha / 2 ? 1 : 0.01) / alpha,
  'straight-through': (_, alpha) => alpha,
}

function normal(v: number, mean: number, deviation: number): number {
  const z = (v - mean) / deviation
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI * deviation * deviation)
}

/**
 * Over how much most of each lies, and its integral at its own sharpness: 1 where it is the derivative of a step made soft.
 * Two have none.
 */
const integrals: { readonly [name: string]: readonly [width: number, integral: number] } = {
  rectangle: [8, 1],
  triangle: [8, 1],
  sigmoid: [60, 1],
  atan: [2e5, 1],
  'fast-sigmoid': [1e5, 2 / 25],
  gaussian: [20, 1],
  erf: [20, 1],
  slayer: [60, 2 / 5],
  softsign: [2e4, 1],
  'piecewise-quadratic': [8, 1],
  'piecewise-exponential': [80, 1],
  'multi-gaussian': [60, 1.15 - 0.3],
}

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
      const half = { rectangle: 0.5, triangle: 1, 'piecewise-quadratic': 1 }[name] ?? Number.POSITIVE_INFINITY
      // Two rings of several normal distributions are below 0.
      if (Math.abs(v) < half && name !== 'multi-gaussian') expect(slopeAt(surrogate, v)).toBeGreaterThan(0)
    }
    if (surrogate.window !== undefined) expect(Math.abs(slopeAt(surrogate, 1.0001))).toBe(0)
  })

  it.skipIf(!integrals[name])('integrates to what it should', () => {
    const [width, integral] = integrals[name]
    const steps = 4000
    let sum = 0
    // v = sinh(z): fine near 0, coarse far out.
    const end = Math.asinh(width / 2)
    for (let i = 0; i < steps; i++) {
      const z = -end + ((i + 0.5) * 2 * end) / steps
      sum += oracles[name](Math.sinh(z), surrogates[name].alpha) * Math.cosh(z) * ((2 * end) / steps)
    }
    expect(sum).toBeCloseTo(integral, 2)
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
