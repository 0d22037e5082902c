import { describe, expect, it } from 'vitest'
import { neurons } from '../neurons/index.ts'
import { compile } from './compile.ts'
import { defineNeuron, type NeuronOptions } from './define.ts'
import { evaluate } from './index.ts'
import { surrogates } from './surrogates.ts'

const constants = { tau: 2, threshold: 1 }
const neuron = (equations: string) => defineNeuron({ name: 'mine', constants, equations })

describe('the equations that are shown are those that are run', () => {
  const ways: NeuronOptions[] = [
    {},
    { reset: 'hard' },
    { reset: 'late', detachReset: true },
    { reset: { hard: -0.2 } },
    { reset: 'none' },
    { decayInput: true, leak: -0.1 },
  ]
  it.each(Object.keys(neurons))('%s', (name) => {
    const make = neurons[name as keyof typeof neurons] as (options: NeuronOptions) => ReturnType<typeof neurons.lif>
    for (const options of ways) {
      let own: ReturnType<typeof neurons.lif>
      try {
        own = make(options)
      } catch {
        continue // a neuron without such an option
      }
      const { equations, program, constants: values = {}, surrogate = surrogates.rectangle } = own
      if (program.parameters.length > 0) return // their starts are no part of a neuron that is made
      const state = Object.fromEntries(program.states.map(({ name: one, start }) => [one, start]))
      const again = compile({ equations, constants: values, state, surrogate })
      expect(again.program.instructions, `${name} ${JSON.stringify(options)}`).toEqual(program.instructions)
    }
  })
})

describe('errors show the lines as they were written', () => {
  const messageOf = (attempt: () => unknown): string => {
    try {
      attempt()
    } catch (error) {
      return (error as Error).message
    }
    throw new Error('nothing was refused')
  }

  it('inside of a marker', () => {
    const text = messageOf(() => neuron('u = leak(u, 1/tua) + x\ns = spike(u - threshold)\nreset(u)')({ leak: -0.1 }))
    expect(text).toContain(`1 | u = leak(u, 1/tua) + x\n    | ${' '.repeat('u = leak(u, 1/'.length)}^^^`)
  })

  it('behind one, with the line’s own number', () => {
    const equations = 'u = leak(u, 1/tau) + input(x / tau)\ns = spike(u - threshold)\nreset(u)\na = s + galvanometer'
    for (const reset of ['soft', 'late', 'none', 'hard'] as const)
      expect(
        messageOf(() => neuron(equations)({ reset })),
        reset,
      ).toContain('4 | a = s + galvanometer')
  })

  it('and a name that only the fragment has is marked where the marker stands', () => {
    const text = messageOf(() => defineNeuron({ name: 'n', equations: 'u = u + x\ns = spike(u)\nreset(u)' })())
    expect(text).toContain("unknown name 'threshold'")
    expect(text).toContain('3 | reset(u)\n    | ^^^^^^^^')
  })
})

describe('a marker is one value, wherever it stands', () => {
  const valuesOf = (equations: string, options: NeuronOptions = {}) =>
    evaluate(neuron(equations)(options), [1, 2, 3], { T: 3 }).observed.v

  it('with a sum as its rate', () => {
    expect(valuesOf('v = leak(v, tau - 1.5) + x\ns = spike(v)')).toEqual(valuesOf('v = 0.5 * v + x\ns = spike(v)'))
  })

  it('as a divisor', () => {
    const plain = valuesOf('v = 1 / (0.5 * v + 1) + x\nv = 1 / (0.5 * v) + x\ns = spike(v)')
    expect(valuesOf('v = 1 / (leak(v, 1/tau) + 1) + x\nv = 1 / leak(v, 1/tau) + x\ns = spike(v)')).toEqual(plain)
  })

  it('and inside of another', () => {
    const nested = neuron('v = leak(v, 1/tau) + input(leak(v, 1/tau) * x)\ns = spike(v)')
    const plain = neuron('v = (1 - 1/tau) * v + (1 - 1/tau) * v * x\ns = spike(v)')
    expect(nested({ decayInput: true }).program.instructions).toEqual(plain().program.instructions)
  })
})
