import { expect, it } from 'vitest'
import { ShapeError } from '../base/index.ts'
import { differentiate } from './adjoint.ts'
import { sigmoid } from './arithmetic.ts'
import { compile, type EquationSource } from './compile.ts'
import type { Neuron } from './program.ts'
import { evaluate, evaluateGradient } from './sequence.ts'
import { surrogates } from './surrogates.ts'

function neuronOf(equations: string, source: Partial<EquationSource> = {}): Neuron {
  const { program } = compile({ equations, surrogate: surrogates.rectangle, ...source })
  const adjoint = differentiate(program, surrogates.rectangle)
  return { name: 'test', equations, program, adjoint, config: { neuron: 'test', options: {} } }
}

const numbers = (n: number) => Float64Array.from({ length: n }, (_, i) => Math.sin(1 + 3 * i))

it('keeps neurons apart and starts from given states', () => {
  const neuron = neuronOf('u = 0.5 * u + x\ns = u')
  const { s, states } = evaluate(neuron, [1, 10, 2, 20], { T: 2, states: { u: [4, 40] } })
  expect([...s]).toEqual([3, 30, 3.5, 35])
  expect([...states.u]).toEqual([3.5, 35])
})

it('runs in parts as in one', () => {
  const neuron = neuronOf('u = 0.8 * u + 2 * x\ns = spike(u - 1)\nu = u - s')
  const x = numbers(6 * 3)
  const whole = evaluate(neuron, x, { T: 6 })
  const first = evaluate(neuron, x.slice(0, 4 * 3), { T: 4 })
  const second = evaluate(neuron, x.slice(4 * 3), { T: 2, states: first.states })
  expect([...first.s, ...second.s]).toEqual([...whole.s])
  expect(second.states).toEqual(whole.states)
})

it('sends the gradient of states through a cut', () => {
  const neuron = neuronOf('u = 0.8 * u + 2 * x\ns = spike(u - 1)\nu = u - s * tanh(u)')
  const x = numbers(6 * 3)
  const g = numbers(6 * 3).reverse()
  const whole = evaluateGradient(neuron, x, g, { T: 6 })
  const { states } = evaluate(neuron, x.slice(0, 12), { T: 4 })
  const second = evaluateGradient(neuron, x.slice(12), g.slice(12), { T: 2, states })
  const first = evaluateGradient(neuron, x.slice(0, 12), g.slice(0, 12), { T: 4, stateGradients: second.states })
  expect([...first.input, ...second.input]).toEqual([...whole.input])
  expect(first.states).toEqual(whole.states)
})

it.each([
  ['layer', 1],
  ['channel', 2],
  ['step', 3],
  ['stepChannel', 6],
] as const)('reads parameters per %s', (per, size) => {
  const neuron = neuronOf('s = w * x', { learnable: { w: { start: '1 / T', per } } })
  const [T, M] = [3, 4]
  const x = numbers(T * M)
  const w = numbers(size).map((v) => v + 2)
  const at = (t: number, i: number) => ({ layer: 0, channel: i % 2, step: t, stepChannel: 2 * t + (i % 2) })[per]
  const { s } = evaluate(neuron, x, { T, parameters: { w } })
  const expected = new Float64Array(size)
  x.forEach((value, k) => {
    const place = at(Math.floor(k / M), k % M)
    expect(s[k]).toBe(value * w[place])
    expected[place] += value
  })
  const gradients = evaluateGradient(neuron, x, new Float64Array(T * M).fill(1), { T, parameters: { w } })
  gradients.parameters.w.forEach((value, k) => {
    expect(value).toBeCloseTo(expected[k], 12)
  })
  expect(evaluate(neuron, x, { T }).s[0]).toBeCloseTo(x[0] / 3, 14)
})

it('has a sigmoid that neither overflows nor loses small values', () => {
  const { s } = evaluate(neuronOf('s = sigmoid(x)'), [-800, -740, -30, 0, 800], { T: 5 })
  expect([...s]).toEqual([0, Math.exp(-740), sigmoid(-30), 0.5, 1])
  expect(s[2] / Math.exp(-30)).toBeCloseTo(1, 12)
})

it.each<[string, () => unknown]>([
  ['T that does not divide', () => evaluate(neuronOf('s = x'), [1, 2, 3], { T: 2 })],
  ['T of 0', () => evaluate(neuronOf('s = x'), [1], { T: 0 })],
  ['unknown state', () => evaluate(neuronOf('u = u + x\ns = u'), [1], { T: 1, states: { v: [0] } })],
  ['state of wrong size', () => evaluate(neuronOf('u = u + x\ns = u'), [1], { T: 1, states: { u: [0, 0] } })],
  ['gradient of wrong size', () => evaluateGradient(neuronOf('s = x'), [1, 2], [1], { T: 2 })],
  [
    'parameter of wrong size',
    () =>
      evaluate(neuronOf('s = w * x', { learnable: { w: { start: 1, per: 'step' } } }), [1, 2], {
        T: 2,
        parameters: { w: [1] },
      }),
  ],
])('refuses: %s', (_, run) => {
  expect(run).toThrow(ShapeError)
  expect(run).toThrowErrorMatchingSnapshot()
})
