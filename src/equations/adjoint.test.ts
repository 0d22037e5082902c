import fc from 'fast-check'
import { derivative, evaluate as evaluateMath } from 'mathjs'
import { describe, expect, it } from 'vitest'
import { differentiate } from './adjoint.ts'
import { sigmoid } from './arithmetic.ts'
import { compile } from './compile.ts'
import { compileForward } from './evaluate.ts'
import type { Neuron } from './program.ts'
import { evaluate, evaluateGradient, type SequenceOptions } from './sequence.ts'
import { surrogateOf } from './surrogates.ts'

const T = 4
const constants = { tau: 1.7, threshold: 0.6 }
const learnable = { p: 0.4, q: { start: -0.3, per: 'step' } } as const
const smooth = { alpha: 3, spike: (v: number) => sigmoid(3 * v) }

function neuronOf(equations: string, surrogate = surrogateOf('sigmoid', smooth.alpha)): Neuron {
  const { program } = compile({ equations, constants, learnable, surrogate })
  return {
    name: 'test',
    equations,
    program,
    adjoint: differentiate(program, surrogate),
    config: { neuron: '', options: {} },
  }
}

/** Expressions over all operations, kept in ranges where finite differences are sharp. */
const expression: fc.Arbitrary<string> = fc.letrec<{ e: string }>((tie) => ({
  e: fc.oneof(
    { maxDepth: 5, depthSize: 'large' },
    fc.constantFrom('x', 'u', 'v', 's', 'p', 'q', 'tau', '0.5', '1.25', '-0.75', '2'),
    fc.tuple(tie('e'), fc.constantFrom('+', '-', '*'), tie('e')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `${a} / (1.5 + tanh(${b}))`),
    fc.tuple(tie('e'), fc.constantFrom(-2, -1, 2, 3)).map(([a, n]) => `(1.5 + tanh(${a}))^${n}`),
    fc.tuple(fc.constantFrom('sigmoid', 'tanh', 'relu', 'abs', '-'), tie('e')).map(([f, a]) => `${f}(${a})`),
    fc.tuple(fc.constantFrom('min', 'max'), tie('e'), tie('e')).map(([f, a, b]) => `${f}(${a}, ${b})`),
    fc.tuple(fc.constantFrom('exp', 'log', 'sqrt'), tie('e')).map(([f, a]) => `${f}(1.2 + tanh(${a}))`),
    tie('e').map((a) => `spike(${a} - threshold)`),
  ),
})).e

/** Damped, so that nothing grows without bounds over the steps. */
const assignment = fc.tuple(fc.constantFrom('u', 'v', 's'), expression).map(([name, e]) => `${name} = tanh(${e})`)
const equations = fc
  .tuple(fc.array(assignment, { maxLength: 3 }), expression, expression, expression)
  .map(([lines, u, v, s]) =>
    [...lines, `u = tanh(${u} + 0.7 * x)`, `s = tanh(${s} - 0.6 * u * v)`, `v = tanh(${v} + p * u)`].join('\n'),
  )

const currents = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: T, maxLength: T })

/** The least distance of a run from a point where relu, abs, min or max has no derivative. */
function distanceFromKinks(neuron: Neuron, x: readonly number[]): number {
  const { program } = neuron
  const step = compileForward(program, smooth)
  const values = new Float64Array(program.instructions.length)
  const states = Float64Array.from(program.states, ({ start }) => start)
  let least = Number.POSITIVE_INFINITY
  for (const current of x) {
    step(
      values,
      current,
      states,
      Float64Array.from(program.parameters, ({ start }) => start(T)),
    )
    for (const { op, args } of program.instructions) {
      if (op === 'relu' || op === 'abs') least = Math.min(least, Math.abs(values[args[0]]))
      if (op === 'min' || op === 'max') least = Math.min(least, Math.abs(values[args[0]] - values[args[1]]))
    }
    program.states.forEach(({ next }, k) => {
      states[k] = values[next]
    })
  }
  return least
}

const outputWeights = [0.7, -1.1, 0.4, 1.3]

function loss(neuron: Neuron, x: ArrayLike<number>, options: Partial<SequenceOptions>): number {
  const { s, states } = evaluate(neuron, x, { T, spike: smooth.spike, ...options })
  const ends = Object.values(states).reduce((sum, [end]) => sum + 0.3 * end, 0)
  return s.reduce((sum, value, t) => sum + outputWeights[t] * value, ends)
}

/** Central differences of `f` around `at`. */
function differences(at: ArrayLike<number>, f: (moved: Float64Array) => number): number[] {
  const h = 1e-5
  return Array.from(at, (_, i) => {
    const [up, down] = [Float64Array.from(at), Float64Array.from(at)]
    up[i] += h
    down[i] -= h
    return (f(up) - f(down)) / (2 * h)
  })
}

function expectClose(got: ArrayLike<number>, expected: readonly number[]): void {
  expected.forEach((value, i) => {
    expect(Math.abs(got[i] - value)).toBeLessThan(2e-6 * (1 + Math.abs(value)))
  })
}

describe('against finite differences', () => {
  it('agrees on 600 random programs, in input, parameters and first states', () => {
    let influenced = 0
    fc.assert(
      fc.property(equations, currents, (text, x) => {
        const neuron = neuronOf(text)
        fc.pre(distanceFromKinks(neuron, x) > 1e-3)
        const states = Object.fromEntries(neuron.program.states.map(({ name, start }) => [name, [start]]))
        const parameters = { p: [0.4], q: [-0.3, -0.3, -0.3, -0.3] }
        const stateGradients = Object.fromEntries(Object.keys(states).map((name) => [name, [0.3]]))
        const gradients = evaluateGradient(neuron, x, outputWeights, { T, spike: smooth.spike, stateGradients })
        const input = differences(x, (moved) => loss(neuron, moved, {}))
        if (input.some((g) => Math.abs(g) > 1e-3)) influenced++
        expectClose(gradients.input, input)
        for (const name of ['p', 'q'] as const) {
          const expected = differences(parameters[name], (moved) =>
            loss(neuron, x, { parameters: { ...parameters, [name]: moved } }),
          )
          expectClose(gradients.parameters[name], expected)
        }
        for (const name of Object.keys(states))
          expectClose(
            gradients.states[name],
            differences(states[name], (moved) => loss(neuron, x, { states: { ...states, [name]: moved } })),
          )
      }),
      { numRuns: 600, seed: 1 },
    )
    expect(influenced).toBeGreaterThan(500)
  })
})

describe('against a symbolic derivative', () => {
  const formulas = [
    'x^3 - 2*x^-2 + 4',
    'exp(-x^2) * x',
    'log(x^2 + 1) / (x + 3)',
    'sqrt(1 + x^4)',
    'tanh(2*x - 1)^2',
    'abs(x - 5) * x',
    '1 / (1 + exp(-3*x))',
    '-(x / 2)^5 + x / (x^2 + 0.1)',
  ]
  it.each(formulas)('%s', (formula) => {
    const neuron = neuronOf(`s = ${formula}`)
    const symbolic = derivative(formula, 'x')
    for (const x of [-1.7, -0.4, 0.3, 1.1, 2.6]) {
      const { input } = evaluateGradient(neuron, [x], [1], { T: 1 })
      expect(evaluate(neuron, [x], { T: 1 }).s[0]).toBeCloseTo(evaluateMath(formula, { x }), 12)
      expect(input[0]).toBeCloseTo(symbolic.evaluate({ x }), 10)
    }
  })

  it('knows sigmoid, which it has not', () => {
    const { input } = evaluateGradient(neuronOf('s = sigmoid(3 * x)'), [0.4], [1], { T: 1 })
    expect(input[0]).toBeCloseTo(derivative('1 / (1 + exp(-3*x))', 'x').evaluate({ x: 0.4 }), 12)
  })
})

function slope(equations: string, x: number): number {
  return evaluateGradient(neuronOf(equations), [x], [1], { T: 1 }).input[0]
}

describe('at kinks', () => {
  it.each([
    ['min: ties to the first', 's = min(2 * x, 3 * x)', 0, 2],
    ['max: ties to the first', 's = max(2 * x, 3 * x)', 0, 2],
    ['min: the smaller', 's = min(2 * x, 3 * x)', 1, 2],
    ['max: the larger', 's = max(2 * x, 3 * x)', 1, 3],
    ['relu: 0 at 0', 's = relu(x)', 0, 0],
    ['relu: 1 above', 's = relu(x)', 1e-9, 1],
    ['abs: 0 at 0', 's = abs(x)', 0, 0],
    ['abs: -1 below', 's = abs(x)', -2, -1],
  ])('%s', (_, text, x, expected) => {
    expect(slope(text, x)).toBeCloseTo(expected, 15)
  })
})

it('lets nothing through detach', () => {
  expect(slope('s = x * detach(x)', 3)).toBe(3)
  expect(slope('s = detach(x * x)', 3)).toBe(0)
})

it('reads the previous spike before s is assigned', () => {
  const neuron = neuronOf('s = 0.5 * s + x')
  expect([...evaluate(neuron, [1, 1, 1], { T: 3 }).s]).toEqual([1, 1.5, 1.75])
  expect([...evaluateGradient(neuron, [1, 1, 1], [0, 0, 1], { T: 3 }).input]).toEqual([0.25, 0.5, 1])
})
