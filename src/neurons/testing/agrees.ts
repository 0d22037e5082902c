import { expect } from 'vitest'
import { hashedUniform } from '../../base/index.ts'
import { evaluate, evaluateGradient, hasSteps, type Neuron } from '../../equations/index.ts'

/**
 * A neuron as its paper has it: spikes (or, with a smooth `fire`, what stands for them) and potentials of one run. What `held`
 * is given keeps its value where currents or parameters are moved a little: no gradient passes there.
 */
export type PaperRun = (
  x: readonly number[],
  parameters: { readonly [name: string]: readonly number[] },
  fire: (v: number) => number,
  held: (value: number) => number,
) => { readonly s: readonly number[]; readonly u: readonly number[] }

export interface PaperOptions {
  readonly scale?: number
  /** Added to the currents, which lie around 0.25 of their range. */
  readonly offset?: number
  /** What `u` of the paper's run is called. */
  readonly observed?: string
  readonly T?: number
  /** How far parameters are moved from their starts. */
  readonly moved?: number
  /** Its output is a number, and no spike. */
  readonly dense?: boolean
}

const step = (v: number) => (v >= 0 ? 1 : 0)
const smooth = (v: number) => 1 / (1 + Math.exp(-4 * v))
const through = (value: number) => value

/**
 * A neuron against a calculation made from its paper alone: spikes and potentials of several runs, and, with a smooth
 * function for the spike, gradients of input and parameters against differences of that calculation, to 1e-10.
 * @param make the neuron under options
 */
export function expectPaper(
  make: (options: { surrogate: 'sigmoid'; alpha: number }) => Neuron,
  paper: PaperRun,
  { scale = 1.6, offset = 0, observed = 'u', T = 8, moved = 0.3, dense = false }: PaperOptions = {},
): void {
  const neuron = make({ surrogate: 'sigmoid', alpha: 4 })
  let fired = 0
  for (const seed of [1, 2, 3]) {
    const x = [...hashedUniform(T, seed)].map((value) => scale * (value - 0.25) + offset)
    const parameters = Object.fromEntries(
      neuron.program.parameters.map((parameter, i) => {
        const { name, start } = parameter
        const size = hasSteps(parameter) ? T : 1
        const noise = hashedUniform(size, 10 * seed + i)
        return [name, [...noise].map((value) => start(T) * (1 + moved * (value - 0.5)) + moved * (value - 0.5))]
      }),
    )
    const run = evaluate(neuron, x, { T, parameters })
    const expected = paper(x, parameters, step, through)
    if (dense) expectClose(run.s, expected.s)
    else expect([...run.s]).toEqual(expected.s)
    expectClose(run.observed[observed], expected.u)
    fired += expected.s.filter((s) => s !== 0).length

    const weights = x.map((_, t) => 1 + 0.3 * t)
    const values: number[] = []
    paper(x, parameters, smooth, (value) => {
      values.push(value)
      return value
    })
    const loss = (input: readonly number[], given: { readonly [name: string]: readonly number[] }) => {
      let next = 0
      return paper(input, given, smooth, () => values[next++]).s.reduce((sum, s, t) => sum + weights[t] * s, 0)
    }
    const gradients = evaluateGradient(neuron, x, weights, { T, parameters, spike: smooth })
    expectDifferences(gradients.input, x, (input) => loss(input, parameters))
    for (const [name, own] of Object.entries(parameters))
      expectDifferences(gradients.parameters[name], own, (given) => loss(x, { ...parameters, [name]: given }))
  }
  expect(fired).toBeGreaterThan(1)
  if (!dense) expect(fired).toBeLessThan(3 * T - 1)
}

function expectClose(got: Float64Array, expected: readonly number[]): void {
  expect(got).toHaveLength(expected.length)
  expected.forEach((value, t) => {
    expect(Math.abs(got[t] - value)).toBeLessThan(1e-12 * (1 + Math.abs(value)))
  })
}

/** Central differences at three widths, whose errors of the first orders cancel (Richardson). */
function slope(f: (by: number) => number): number {
  const central = (h: number) => (f(h) - f(-h)) / (2 * h)
  const [wide, half, narrow] = [2e-3, 1e-3, 5e-4].map(central)
  const [a, b] = [(4 * half - wide) / 3, (4 * narrow - half) / 3]
  return (16 * b - a) / 15
}

function expectDifferences(got: Float64Array, at: readonly number[], f: (moved: readonly number[]) => number): void {
  at.forEach((_, i) => {
    const expected = slope((by) => f(at.map((value, j) => (i === j ? value + by : value))))
    expect(Math.abs(got[i] - expected)).toBeLessThan(1e-10 * (1 + Math.abs(expected)))
  })
  expect(got).toHaveLength(at.length)
}
