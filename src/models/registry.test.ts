import { expect, test } from 'vitest'
import { SpikeletError } from '../base/index.ts'
import { lif } from '../neurons/index.ts'
import { modelFromConfig, modelNamed } from './registry.ts'

const { config } = modelNamed('snn3')({ input: [16, 16, 2], classes: 3, neuron: lif({ tau: 3 }), dropout: 0.1, T: 5 })

test('a model comes back from JSON as it was', () => {
  expect(modelFromConfig(JSON.parse(JSON.stringify(config))).config).toEqual(config)
})

test.each([
  [null, /a\.safetensors, network\n[\s\S]*an object/],
  [{ ...config, model: 5 }, /network\.model[\s\S]*a text/],
  [{ ...config, options: null }, /network\.options[\s\S]*an object/],
  [{ ...config, options: { ...config.options, input: null } }, /options\.input[\s\S]*a list/],
  [{ ...config, options: { ...config.options, classes: 0 } }, /options\.classes[\s\S]*from 1/],
  [{ ...config, options: { ...config.options, neuron: null } }, /options\.neuron[\s\S]*an object/],
  [{ ...config, options: { ...config.options, dropout: 2 } }, /options\.dropout/],
  [{ ...config, options: { ...config.options, T: 'five' } }, /options\.T/],
])('%#: what does not fit is refused by its place', (given, message) => {
  const attempt = () => modelFromConfig(given as typeof config, 'a.safetensors, network')
  expect(attempt).toThrow(SpikeletError)
  expect(attempt).toThrow(message)
})
