import { describe, expect, test } from 'vitest'
import { defineNeuron } from '../equations/index.ts'
import { alif, clif, glif, integrateFire, klif, lif, maskedPsn, plif, psn, relu, slidingPsn } from '../neurons/index.ts'
import { neuronOperations } from './neuron-operations.ts'

/** [additions, multiplications, functions] at every step, at a spike, and [states, reads, writes]. */
function counts(neuron: Parameters<typeof neuronOperations>[0], T = 4) {
  const { perStep, perSpike, states, reads, writes } = neuronOperations(neuron, T)
  const list = ({ additions, multiplications, functions }: typeof perStep) => [additions, multiplications, functions]
  return { step: list(perStep), spike: list(perSpike), memory: [states, reads, writes] }
}

describe('operations of neurons, from their programs', () => {
  test('LIF: a multiply-add for the leak, an addition for the reset', () => {
    expect(counts(lif())).toEqual({ step: [1, 1, 0], spike: [1, 0, 0], memory: [1, 1, 1] })
  })

  test('CLIF: three multiplications and a sigmoid; three additions and another sigmoid at a spike', () => {
    expect(counts(clif())).toEqual({ step: [1, 3, 1], spike: [3, 0, 1], memory: [2, 2, 2] })
  })

  test('IF has no leak', () => {
    expect(counts(integrateFire())).toEqual({ step: [1, 0, 0], spike: [1, 0, 0], memory: [1, 1, 1] })
  })

  test('a hard reset to 0 only chooses; to another value it adds it at a spike', () => {
    expect(counts(lif({ reset: 'hard' })).spike).toEqual([0, 0, 0])
    expect(counts(lif({ reset: { hard: -0.1 } })).spike).toEqual([1, 0, 0])
    expect(counts(lif({ reset: 'none' })).spike).toEqual([0, 0, 0])
    expect(counts(lif({ detachReset: true }))).toEqual(counts(lif()))
  })

  test('what learned parameters alone decide is computed once', () => {
    expect(counts(plif())).toEqual(counts(lif()))
    expect(counts(plif({ decayInput: true })).step).toEqual([1, 2, 0])
    expect(counts(klif())).toEqual({ step: [2, 2, 0], spike: [1, 0, 0], memory: [1, 1, 1] })
  })

  test('the spike of the step before is a spike, and no number in memory', () => {
    // b decays and gets a share at a spike; B is a multiply-add of b; u decays, takes x, and loses B at a spike.
    expect(counts(alif())).toEqual({ step: [2, 4, 0], spike: [2, 0, 0], memory: [2, 2, 2] })
    expect(counts(glif()).memory).toEqual([1, 1, 1])
  })

  test('ReLU compares; a map over time multiplies what it hears', () => {
    expect(counts(relu())).toEqual({ step: [1, 0, 0], spike: [0, 0, 0], memory: [0, 0, 0] })
    expect(counts(psn(), 6)).toEqual({ step: [5, 6, 0], spike: [0, 0, 0], memory: [0, 6, 1] })
    expect(counts(maskedPsn({ k: 3 }), 2).step).toEqual([1, 2, 0])
    expect(counts(slidingPsn({ k: 3 }), 8)).toEqual({ step: [2, 3, 0], spike: [0, 0, 0], memory: [0, 3, 1] })
  })

  test('a neuron that nobody foresaw', () => {
    const mine = defineNeuron({
      name: 'mine',
      constants: { tau: 2, threshold: 1 },
      learnable: { beta: 0.5 },
      equations: `
        u = (1 - 1/tau) * u + x
        s = spike(u - threshold - beta * a)
        a = 0.9 * a + s * exp(-a / tau)
        u = u / (1 + a^3) - s * threshold`,
    })
    // Step: 0.5 u, beta a, 0.9 a, a^3 (2); + x, u - threshold, 1 + a^3; a division by what changes.
    // At a spike: -a / tau, its exp, the sum with 0.9 a, the reset.
    expect(counts(mine())).toEqual({ step: [3, 5, 1], spike: [2, 1, 1], memory: [2, 2, 2] })
  })
})
