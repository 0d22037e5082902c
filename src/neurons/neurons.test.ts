import { describe, expect, it } from 'vitest'
import { defineNeuron, evaluate, evaluateGradient, printNeuron } from '../equations/index.ts'
import { clif, leakyReadout, lif, neuronFromConfig, neurons, plif, relu } from './index.ts'

describe.each(Object.keys(neurons))('%s', (name) => {
  it('prints as reviewed', () => {
    expect(printNeuron(neurons[name]())).toMatchSnapshot()
  })

  it('has no warnings, and its name in the registry', () => {
    expect(neurons[name]().warnings).toEqual([])
    expect(neurons[name]().name).toBe(name)
  })

  it('is built again from its configuration', () => {
    const neuron = neurons[name](neurons[name]().program.spiking ? { surrogate: 'triangle', alpha: 0.5 } : {})
    const again = neuronFromConfig(JSON.parse(JSON.stringify(neuron.config)))
    expect(again.config).toEqual(neuron.config)
    expect(printNeuron(again)).toBe(printNeuron(neuron))
  })
})

const x = [0.8, 0.4, 0.9, 0.4, 1]

it('CLIF: the worked example', () => {
  const { s, observed } = evaluate(clif(), x, { T: 5 })
  const { input } = evaluateGradient(clif(), x, [1, 2, 3, 4, 5], { T: 5 })
  expect([...s]).toEqual([0, 0, 1, 0, 1])
  const expected = {
    u: [0.8, 0.8, -0.43105857863000474, 0.18447071068499765, -0.6988051099221311],
    m: [0, 0, 1, 0.5230425052426416, 1.331208504044421],
  }
  for (const name of ['u', 'm'] as const)
    expected[name].forEach((value, t) => {
      expect(Math.abs(observed[name][t] - value)).toBeLessThan(1e-12)
    })
  const gradient = [0.5587231024047484, 1.3784269134271934, 1.8404118601606416, 2.5, 5]
  gradient.forEach((value, t) => {
    expect(Math.abs(input[t] - value)).toBeLessThan(1e-12)
  })
})

it('CLIF equals LIF at T = 1', () => {
  for (const current of [-1, 0.4, 0.99, 1, 1.3, 2]) {
    expect(evaluate(clif(), [current], { T: 1 }).s).toEqual(evaluate(lif(), [current], { T: 1 }).s)
    expect(evaluateGradient(clif(), [current], [1], { T: 1 }).input).toEqual(
      evaluateGradient(lif(), [current], [1], { T: 1 }).input,
    )
  }
})

it('CLIF: hard and no reset leave m unchanged', () => {
  expect(clif({ reset: { hard: -0.1 } }).equations).toContain('\nu = u * (1 - s) - 0.1 * s')
  const hard = evaluate(clif({ reset: { hard: -0.1 } }), [1.5], { T: 1 })
  expect([hard.observed.u[0], hard.observed.m[0]]).toEqual([-0.1, 1])
  const none = evaluate(clif({ reset: 'none' }), [1.5], { T: 1 })
  expect([none.observed.u[0], none.observed.m[0]]).toEqual([1.5, 1])
  expect(clif({ reset: 'none' }).warnings).toEqual(["state 'm' never influences s"])
})

it('PLIF starts as the LIF of its tau', () => {
  for (const tau of [1.5, 2, 3]) {
    const options = { T: 5 }
    expect(evaluate(plif({ tau }), x, options).s).toEqual(evaluate(lif({ tau }), x, options).s)
    const [a, b] = [plif({ tau, decayInput: true }), lif({ tau, decayInput: true })].map(
      (neuron) => evaluate(neuron, x, options).observed.u,
    )
    a.forEach((value, t) => {
      expect(value).toBeCloseTo(b[t], 12)
    })
  }
})

it('relu has neither state nor spikes; the readout is its potential', () => {
  expect([...evaluate(relu(), [-1, 2], { T: 2 }).s]).toEqual([0, 2])
  expect(relu().program).toMatchObject({ spiking: false, states: [], window: undefined })
  expect([...evaluate(leakyReadout(), [1, 1, 1], { T: 3 }).s]).toEqual([1, 1.5, 1.75])
  expect(leakyReadout().program.spiking).toBe(false)
})

it('builds a user’s neuron from its configuration, even under a published name', () => {
  const mine = defineNeuron({ name: 'lif', constants: { leak: 0.5 }, equations: 'u = leak * u + x\ns = u' })({
    leak: 0.1,
  })
  const again = neuronFromConfig(JSON.parse(JSON.stringify(mine.config)))
  expect(printNeuron(again)).toBe(printNeuron(mine))
})

it('names unknown neurons and options', () => {
  expect(() => neuronFromConfig({ neuron: 'clfi', options: {} })).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: unknown neuron 'clfi'
    Did you mean 'clif'? Known: if, lif, plif, clif, klif, glif, alif, tc-lif, ar-lif, ilif, cuba-lif, qif, eif, izhikevich, alpha, i-lif, rp-lif, se-adlif, ts-lif, adex, resonate-and-fire, liaf, refractory-lif, noisy-lif, brf, ternary-lif, psn, masked-psn, sliding-psn, relu, leakyReadout. Define your own with defineNeuron.]
  `)
  expect(() => neuronFromConfig({ neuron: 'lif', options: { tua: 2 } })).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: neuron 'lif' cannot take the option 'tua': it has no such name
    did you mean 'tau'? options here: alpha, decayInput, detachReset, leak, reset, state, surrogate, tau, threshold]
  `)
  expect(() => neuronFromConfig({ neuron: 'plif', options: { tau: 0.5 } })).toThrowErrorMatchingInlineSnapshot(`
    [EquationError: neuron 'plif': start of 'w': 'log(tau - 1)' is NaN
      1 | -log(tau - 1)
        |  ^^^^^^^^^^^^
      expected a finite number
    Check the constants it is made of.]
  `)
  expect(() =>
    neuronFromConfig({ neuron: 'relu', options: { surrogate: 'atan' } }),
  ).toThrowErrorMatchingInlineSnapshot(`
    [UsageError: neuron 'relu' cannot take the option 'surrogate': its equations have no spike
    options here: state]
  `)
})
