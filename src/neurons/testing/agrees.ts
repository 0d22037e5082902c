import { expect } from 'vitest'
import { hashedUniform } from '../../base/index.ts'
import { evaluate, evaluateGradient, hasSteps, type Neuron } from '../../equations/index.ts'

/** A neuron as its paper has it: spikes (or, with a smooth `fire`, what stands for them) and potentials of one run. */
export type PaperRun = (
  x: readonly number[],
  parameters: { readonly [name: string]: readonly number[] },
  fire: (v: number) => number,
) => { readonly s: readonly number[]; readonly u: readonly number[] }

const step = (v: number) => (v >= 0 ? 1 : 0)
const smooth = (v: number) => 1 / (1 + Math.exp(-4 * v))

/**
 * A neuron against a calculation made from its paper alone: spikes and potentials of several runs, and, with a smooth
 * function for the spike, gradients of input and parameters against differences of that calculation.
 * @param make the neuron under options
 */
export function expectPaper(
  make: (options: { surrogate: 'sigmoid'; alpha: number }) => Neuron,
  paper: PaperRun,
  { scale = 1.6, observed = 'u', T = 8, moved = 0.3 } = {},
): void {
  const neuron = make({ surrogate: 'sigmoid', alpha: 4 })
  let fired = 0
  for (const seed of [1, 2, 3]) {
    const x = [...hashedUniform(T, seed)].map((value) => scale * (value - 0.25))
    const parameters = Object.fromEntries(
      neuron.program.parameters.map((parameter, i) => {
        const { name, start } = parameter
        const size = hasSteps(parameter) ? T : 1
        const noise = hashedUniform(size, 10 * seed + i)
        return [name, [...noise].map((value) => start(T) * (1 + moved * (value - 0.5)) + moved * (value - 0.5))]
      }),
    )
    const run = evaluate(neuron, x, { T, parameters })
    const expected = paper(x, parameters, step)
    expect([...run.s]).toEqual(expected.s)
    expected.u.forEach((value, t) => {
      expect(Math.abs(run.observed[observed][t] - value)).toBeLessThan(1e-12)
    })
    fired += expected.s.filter((s) => s === 1).length

    const weights = x.map((_, t) => 1 + 0.3 * t)
    const loss = (input: readonly number[], values: { readonly [name: string]: readonly number[] }) =>
      paper(input, values, smooth).s.reduce((sum, s, t) => sum + weights[t] * s, 0)
    const gradients = evaluateGradient(neuron, x, weights, { T, parameters, spike: smooth })
    expectDifferences(gradients.input, x, (input) => loss(input, parameters))
    for (const [name, values] of Object.entries(parameters))
      expectDifferences(gradients.parameters[name], values, (own) => loss(x, { ...parameters, [name]: own }))
  }
  expect(fired).toBeGreaterThan(1)
  expect(fired).toBeLessThan(3 * T - 1)
}

function expectDifferences(got: Float64Array, at: readonly number[], f: (moved: readonly number[]) => number): void {
  const h = 1e-5
  at.forEach((_, i) => {
    const by = (change: number) => f(at.map((value, j) => (i === j ? value + change : value)))
    const expected = (by(h) - by(-h)) / (2 * h)
    expect(Math.abs(got[i] - expected)).toBeLessThan(1e-7 * (1 + Math.abs(expected)))
  })
  expect(got).toHaveLength(at.length)
}
