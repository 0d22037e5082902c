import { describe, expect, it } from 'vitest'
import { EquationError } from '../base/index.ts'
import { defineNeuron } from './define.ts'

const many = <Made>(n: number, make: (i: number) => Made): Made[] => Array.from({ length: n }, (_, i) => make(i))

function refusal(definition: Parameters<typeof defineNeuron>[0]): EquationError {
  try {
    defineNeuron(definition)()
  } catch (error) {
    if (error instanceof EquationError) return error
    throw error
  }
  throw new Error('it was taken')
}

describe('a neuron that is larger than kernels can be', () => {
  it('with 200 states is refused by its number of operations', () => {
    const states = many(200, (i) => `a${i} = a${i} * 0.5 + x * 0.${i + 1}`)
    const { parts } = refusal({ name: 'm', equations: [...states, 's = spike(a0)'].join('\n') })
    expect(parts.what).toBe("neuron 'm': the neuron is too large for a kernel")
    expect(parts.expected).toMatch(/1000 operations/)
  })

  it('is refused where its gradient alone goes beyond', () => {
    const states = many(110, (i) => `a${i} = tanh(a${i} * 0.5 + x * 0.${i + 1})`)
    const { parts } = refusal({ name: 'm', equations: [...states, 's = spike(a0)'].join('\n') })
    expect(parts.got).toMatch(/^\d+ and \d+$/)
  })

  it('declares more names than are allowed', () => {
    const constants = Object.fromEntries(many(100_000, (i) => [`c${i}`, 1]))
    expect(refusal({ name: 'm', constants, equations: 's = spike(x * cq)' }).parts.what).toMatch(/too many names/)
  })

  it('is too long to be read, with lines or without', () => {
    for (const tail of ['\n'.repeat(200_000), ' + x'.repeat(50_000)])
      expect(refusal({ name: 'm', equations: `s = spike(x)${tail}q` }).parts.what).toMatch(/too long/)
    const start = ' 1 +'.repeat(50_000)
    expect(refusal({ name: 'm', learnable: { a: start }, equations: 's = spike(a * x)' }).parts.what).toMatch(
      /too long/,
    )
  })
})
