import { describe, expect, expectTypeOf, it } from 'vitest'
import { EquationError, UsageError } from '../base/index.ts'
import { defineNeuron, type NeuronDefinition } from './define.ts'
import type { Neuron } from './program.ts'
import { evaluate, evaluateGradient } from './sequence.ts'

const definition = {
  name: 'mine',
  constants: { tau: 2, threshold: 1 },
  learnable: { beta: 0.5 },
  equations: `
    u = (1 - 1/tau) * u + input(x / tau)   # charge
    s = spike(u - threshold - beta * a)
    a = 0.9 * a + s
    reset(u)`,
} as const
const mine = defineNeuron(definition)

describe('options', () => {
  it('override constants and learnable starts', () => {
    const neuron = mine({ tau: 4, beta: { start: 'threshold / 4', per: 'channel' } })
    expect(neuron.program.parameters.map(({ name, scope, start }) => [name, scope, start(1)])).toEqual([
      ['beta', 'channel', 0.25],
    ])
    expect([...evaluate(neuron, [0.4, 0.4], { T: 2 }).observed['u#1']]).toEqual([0.4, 0.4 * 0.75 + 0.4])
  })

  it('keep the scope that only a start is given for', () => {
    const own = defineNeuron({ ...definition, learnable: { beta: { start: 1, per: 'step' } } })
    const [parameter] = own({ beta: 2 }).program.parameters
    expect([parameter.scope, parameter.start(1)]).toEqual(['step', 2])
    expect(mine({ beta: { start: 0.5, per: 'step' } }).program.parameters[0].scope).toBe('step')
  })

  it.each([
    [{}, 'u = u - s * threshold'],
    [{ reset: 'soft', detachReset: true }, 'u = u - detach(s) * threshold'],
    [{ reset: 'hard' }, 'u = u * (1 - s)'],
    [{ reset: { hard: 0.25 } }, 'u = u * (1 - s) + 0.25 * s'],
    [{ reset: { hard: -0.1 }, detachReset: true }, 'u = u * (1 - detach(s)) - 0.1 * detach(s)'],
    [{ reset: 'none' }, 'a = 0.9 * a + s'],
  ] as const)('%j ends in %s', (options, last) => {
    expect(mine(options).equations.split('\n').at(-1)).toBe(last)
  })

  it('decay the input', () => {
    expect(mine().equations).toContain('u = (1 - 1/tau) * u + x   # charge')
    expect(mine({ decayInput: true }).equations).toContain('u = (1 - 1/tau) * u + x/tau   # charge')
  })

  it('subtract a step later: u = beta u + x - s[t-1] threshold', () => {
    const plain = defineNeuron({
      name: 'n',
      constants: { tau: 2, threshold: 1 },
      equations: 'u = leak(u, 1/tau) + input(x / tau)\ns = spike(u - threshold)\nreset(u)',
    })
    const late = plain({ reset: 'late', tau: 4 })
    expect(late.equations).toBe('u = (1 - 1/tau) * u + x\nu = u - s * threshold\ns = spike(u - threshold)')
    const x = [0.7, 0.7, 0.9, 0.1, 1.4]
    let [u, s] = [0, 0]
    const expected = x.map((value) => {
      u = 0.75 * u + value - s
      s = u >= 1 ? 1 : 0
      return s
    })
    expect([...evaluate(late, x, { T: 5 }).s]).toEqual(expected)
    expect(expected).not.toEqual([...evaluate(plain({ tau: 4 }), x, { T: 5 }).s])
    expect(plain({ reset: 'late', detachReset: true }).equations).toContain('u = u - detach(s) * threshold')
  })

  it('leak towards a potential, and start there', () => {
    const own = defineNeuron({
      name: 'n',
      constants: { tau: 2, threshold: 1 },
      equations: 'u = leak(u, 1/tau) + input(x / tau)\ns = spike(u - threshold)\nreset(u)',
    })
    expect(own().equations.split('\n')[0]).toBe('u = (1 - 1/tau) * u + x')
    const { observed } = evaluate(own({ leak: -0.5 }), [0, 0.25], { T: 2 })
    expect([...observed['u#1']]).toEqual([-0.5, -0.25])
    expect(() => mine({ leak: 1 } as object)).toThrow(/no leak\(\.\.\.\)/)
    expect(
      defineNeuron({ ...definition, constants: { ...definition.constants, leak: 3 } })({ leak: 4 }).constants,
    ).toMatchObject({ leak: 4 })
  })

  it('detach s in the reset line only', () => {
    const x = [0.9, 0.9, 0.9]
    const gradient = (options: object) => evaluateGradient(mine(options), x, [1, 1, 1], { T: 3 }).input
    expect([...gradient({ detachReset: true })]).not.toEqual([...gradient({})])
    expect(evaluate(mine({ detachReset: true }), x, { T: 3 }).s).toEqual(evaluate(mine(), x, { T: 3 }).s)
  })

  it('choose the surrogate', () => {
    expect(mine({ surrogate: 'atan' }).surrogate).toMatchObject({ name: 'atan', alpha: 2 })
    expect(mine({ surrogate: { name: 'atan', alpha: 3 } }).surrogate).toMatchObject({ alpha: 3 })
    expect(mine({ alpha: 0.5 }).program.window).toBe(0.25)
    expect(mine({ surrogate: { name: 'flat', alpha: 1, derivative: '0.3' } }).program.window).toBeUndefined()
  })

  it('set where states start', () => {
    expect(mine({ state: { u: '-threshold / 4' } }).program.states[0]).toMatchObject({ name: 'u', start: -0.25 })
  })

  it('left undefined are not given', () => {
    expect(mine({ tau: undefined } as object).config.options).toEqual({})
  })

  it('are typed', () => {
    expectTypeOf(mine).toBeCallableWith({ tau: 3, beta: { start: 1, per: 'channel' }, reset: 'hard' })
    // @ts-expect-error unknown option
    expect(() => mine({ tua: 3 })).toThrow(UsageError)
  })
})

describe('a soft reset by another amount', () => {
  const by = (amount: string) =>
    defineNeuron({ ...definition, equations: `u = u + x\ns = spike(u - threshold)\nreset(u, ${amount}); a = s` })()
      .equations
  it.each([
    ['tau', 'u = u - s * tau; a = s'],
    ['threshold + sigmoid(u)', 'u = u - s * (threshold + sigmoid(u)); a = s'],
    ['(1) + (u)', 'u = u - s * (1 + u); a = s'],
  ])('%s', (amount, line) => {
    expect(by(amount).split('\n')[2]).toBe(line)
  })
})

it('builds the same neuron again from its configuration, through JSON', () => {
  const neuron = mine({ tau: 3, reset: { hard: 0.5 }, surrogate: 'triangle', beta: { start: 1, per: 'step' } })
  const { definition: kept, options } = JSON.parse(JSON.stringify(neuron.config)) as Neuron['config']
  const again = defineNeuron(kept as unknown as NeuronDefinition)(options)
  expect(again.equations).toBe(neuron.equations)
  expect(again.program.instructions).toEqual(neuron.program.instructions)
  expect(again.adjoint).toEqual(neuron.adjoint)
  expect(again.config).toEqual(neuron.config)
})

it('does not share a configuration with the caller', () => {
  const options = { reset: { hard: 0.5 } }
  const neuron = mine(options)
  options.reset.hard = 9
  expect(neuron.config.options).toEqual({ reset: { hard: 0.5 } })
})

const refused: readonly [string, () => unknown][] = [
  ['mistyped option', () => mine({ threshhold: 2 } as object)],
  ['reset without a reset line', () => defineNeuron({ name: 'n', equations: 's = spike(x - 1)' })({ reset: 'hard' })],
  [
    'decayInput without input()',
    () => defineNeuron({ name: 'n', equations: 's = spike(x - 1)' })({ decayInput: true }),
  ],
  ['surrogate without a spike', () => defineNeuron({ name: 'n', equations: 's = tanh(x)' })({ alpha: 2 })],
  ['detachReset without a reset', () => mine({ reset: 'none', detachReset: true })],
  ['unknown reset', () => mine({ reset: 'sotf' as 'soft' })],
  ['reset to no number', () => mine({ reset: { hard: Number.NaN } })],
  ['surrogate unknown', () => mine({ surrogate: 'arctan' })],
  ['constant that is text', () => mine({ tau: '2' } as object)],
  ['division by zero', () => mine({ tau: 0 })],
  ['reset of nothing', () => defineNeuron({ name: 'n', equations: 's = x\nreset()' })],
  ['reset of an expression', () => defineNeuron({ name: 'n', equations: 's = x\nreset(2 * s)' })],
  ['reset inside an expression', () => defineNeuron({ name: 'n', equations: 's = x + reset(s)' })],
  ['input of two', () => defineNeuron({ name: 'n', equations: 's = input(x, 2)' })],
  ['reset without a threshold', () => defineNeuron({ name: 'n', equations: 'u = u + x\ns = spike(u)\nreset(u)' })],
  ['unknown field', () => defineNeuron({ name: 'n', equations: 's = x', constant: {} } as NeuronDefinition)],
  ['no equations', () => defineNeuron({ name: 'n' } as unknown as NeuronDefinition)],
  [
    'constant with a shared option’s name',
    () => defineNeuron({ name: 'n', equations: 's = x', constants: { alpha: 1 } }),
  ],
  ['state that is not there', () => mine({ state: { v: 1 } })],
]
it.each(refused)('refuses: %s', (_, attempt) => {
  expect(attempt).toThrowErrorMatchingSnapshot()
  try {
    attempt()
  } catch (error) {
    expect(error instanceof UsageError || error instanceof EquationError).toBe(true)
  }
})
