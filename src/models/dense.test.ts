import { describe, expect, test } from 'vitest'
import { UsageError } from '../base/index.ts'
import { clif, lif, psn } from '../neurons/index.ts'
import { dense, modelFromConfig, modelNamed, recurrent, snn5 } from './index.ts'

const ear = { input: [1, 700, 2], classes: 20, neuron: lif() }

describe('models for frames of any shape', () => {
  test('dense: linear layers, BatchNorm and neurons', () => {
    const parameters = (hidden?: number[]) =>
      dense({ ...ear, ...(hidden ? { hidden } : {}) }).summary({ T: 1, batch: 1 }).parameters
    expect(parameters()).toBe(1400 * 128 + 128 + 2 * 128 + (128 * 128 + 128 + 2 * 128) + (128 * 20 + 20))
    expect(parameters([10])).toBe(1400 * 10 + 10 + 2 * 10 + (10 * 20 + 20))
  })

  test('recurrent: weights from the step before, of each hidden layer', () => {
    const parameters = (hidden?: number[]) =>
      recurrent({ ...ear, ...(hidden ? { hidden } : {}) }).summary({ T: 1, batch: 1 }).parameters
    expect(parameters()).toBe(1400 * 128 + 128 + 2 * 128 + 128 * 128 + (128 * 20 + 20))
    expect(parameters([10, 5])).toBe(1400 * 10 + 10 + 20 + 100 + (10 * 5 + 5 + 10 + 25) + (5 * 20 + 20))
  })

  test.each([dense, recurrent])('are rebuilt from their configuration', (model) => {
    const network = model({ ...ear, neuron: clif(), hidden: [7], dropout: 0.1, seed: 3 })
    const again = modelFromConfig(JSON.parse(JSON.stringify(network.config)))
    expect(again.config).toEqual(network.config)
    expect(again.parameters().map((p) => [...p.values])).toEqual(network.parameters().map((p) => [...p.values]))
  })

  test('what they cannot do is said', () => {
    expect(() => recurrent({ ...ear, neuron: psn(), T: 4 })).toThrow(/compute all steps at once[\s\S]*"dense"/)
    expect(() => dense({ ...ear, hidden: [] })).toThrow(UsageError)
    expect(() => modelNamed('snn5')({ ...ear, hidden: [3] })).toThrow(
      /no hidden layers to choose[\s\S]*dense or recurrent/,
    )
    expect(() => snn5(ear)).toThrow(/needs larger images[\s\S]*"dense" and "recurrent" take frames of any shape/)
  })
})
