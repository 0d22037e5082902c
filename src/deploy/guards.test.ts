import { expect, test } from 'vitest'
import { defineNeuron } from '../equations/index.ts'
import { clif, lif } from '../neurons/index.ts'
import { guardsOf } from './guards.ts'

test('both sigmoids of CLIF have a factor that is often 0; LIF has none', () => {
  const { program } = clif()
  const guards = guardsOf(program)
  const factors = [...guards.values()].map((id) => program.instructions[id].op)
  expect(factors.sort()).toEqual(['spike', 'state'])
  expect(guardsOf(lif().program).size).toBe(0)
})

test('what is read elsewhere too, or without a bound, is always computed', () => {
  const own = (equations: string) => guardsOf(defineNeuron({ name: 'own', equations })().program).size
  expect(own('u = u + tanh(x)\ns = spike(u * tanh(x) - 1)')).toBe(0)
  expect(own('u = u * exp(x) + x\ns = spike(u - 1)')).toBe(0)
  expect(own('u = u * sigmoid(x) + x\ns = spike(u - 1)')).toBe(1)
})
