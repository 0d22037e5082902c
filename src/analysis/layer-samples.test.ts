import { expect, test } from 'vitest'
import { createInterpreter } from '../backends/index.ts'
import { hashedUniform } from '../base/index.ts'
import { defineNeuron, evaluate } from '../equations/index.ts'
import { Network, Sequential, Spiking } from '../nn/index.ts'
import { tensorOf } from '../tensor/index.ts'
import { layerSamples } from './layer-samples.ts'

test('of parameters with a value for each neuron, the neurons taken have their own', async () => {
  const neuron = defineNeuron({
    name: 'own',
    learnable: { leak: { start: 'uniform(0.2, 0.9)', per: 'neuron' } },
    equations: 'u = leak * u + x\ns = u',
  })()
  const backend = createInterpreter()
  const net = new Network({ name: 'n', input: [4, 4, 2], layer: new Sequential([new Spiking({ neuron })]) })
  await net.place(backend)
  const x = tensorOf(backend, [3, 2, 4, 4, 2], hashedUniform(3 * 64, 4))
  const [sample] = await layerSamples(net, x, { T: 3, sample: 12 })
  expect(sample.M).toBe(12)
  const run = evaluate(neuron, sample.x, { T: 3, parameters: sample.parameters })
  const output = await backend.read(net.forward(x, { backend, tape: null, training: false, T: 3, key: 0 }).handle)
  sample.places.forEach((place, i) => {
    for (let t = 0; t < 3; t++) expect(run.s[t * 12 + i]).toBe(output[t * 64 + place])
  })
})
