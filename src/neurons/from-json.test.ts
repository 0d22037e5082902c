import { expect, test } from 'vitest'
import { Json, SpikeletError } from '../base/index.ts'
import { defineNeuron } from '../equations/index.ts'
import { neuronFromJson } from './from-json.ts'
import { neurons } from './registry.ts'

const own = defineNeuron({
  name: 'mine',
  constants: { tau: 2 },
  learnable: { threshold: { start: 'tau / 2', per: 'channel' } },
  surrogate: { name: 'flat', alpha: 1, derivative: '0.3' },
  state: { u: '-tau / 8' },
  equations: 'u = leak(u, 1/tau) + input(x / tau)\ns = spike(u - threshold)\nreset(u)',
})({ reset: { hard: -0.5 }, leak: -0.25, detachReset: true, threshold: 3 })

const drawing = defineNeuron({
  name: 'drawing',
  learnable: {
    a: { start: 'uniform(0, 1)', per: 'neuron', min: 0, max: 1 },
    b: [0.5, 1],
    c: { start: [1, 2], per: 'channel' },
  },
  noise: 'always',
  equations: 's = spike(a * x + b * noise() - c)',
})({ noise: 'training', a: { max: 2 } })

const read = (config: unknown) => neuronFromJson(Json.whole(JSON.parse(JSON.stringify(config)), 'neuron'))

test('every neuron comes back as it was', () => {
  for (const make of [...Object.values(neurons), () => own, () => drawing]) {
    const neuron = make()
    expect(read(neuron.config).config).toEqual(neuron.config)
    expect(read(neuron.config).equations).toBe(neuron.equations)
  }
})

const { config } = own

test.each([
  [{ ...config, neuron: 1 }, /neuron\.neuron[\s\S]*a text/],
  [{ ...config, options: { reset: { hard: 'x' } } }, /options\.reset\.hard[\s\S]*a number/],
  [{ ...config, options: { surrogate: {} } }, /options\.surrogate\.name/],
  [{ ...config, options: { decayInput: 1 } }, /options\.decayInput[\s\S]*true or false/],
  [{ ...config, options: { threshold: { start: 1, per: 'week' } } }, /threshold\.per[\s\S]*"stepChannel"/],
  [{ ...config, definition: { ...config.definition, equations: null } }, /definition\.equations[\s\S]*a text/],
  [{ ...config, definition: { ...config.definition, constants: { tau: 'two' } } }, /constants\.tau[\s\S]*a number/],
  [{ ...config, definition: { ...config.definition, constants: null } }, /constants[\s\S]*an object/],
  [{ ...config, definition: { ...config.definition, state: [1] } }, /state[\s\S]*an object/],
  [{ ...config, definition: { ...config.definition, equations: 's = q' } }, /neuron\n[\s\S]*q/],
  [{ ...drawing.config, options: { noise: 'never' } }, /options\.noise[\s\S]*"always"/],
  [{ ...drawing.config, options: { a: { min: 'x', max: [1] } } }, /options\.a\.max[\s\S]*a number/],
  [{ ...drawing.config, options: { b: [1, 'two'] } }, /options\.b\[1\][\s\S]*a number/],
  [{ ...config, more: 1 }, /no such entry, 'more'/],
])('%#: what does not fit is refused by its place', (given, message) => {
  expect(() => read(given)).toThrow(SpikeletError)
  expect(() => read(given)).toThrow(message)
})
