import { expect, test } from 'vitest'
import { spikingResnet } from '../models/index.ts'
import { clif } from '../neurons/index.ts'
import { activationBytes } from './summary.ts'

test('float16 halves what is dense and has the shape of images, and nothing else', () => {
  const network = spikingResnet(18, { input: [32, 32, 3], classes: 10, neuron: clif() })
  const options = { T: 6, batch: 8 }
  const [float32, float16] = [false, true].map((float16Images) =>
    activationBytes(network, { ...options, float16Images }),
  )
  network.rows.forEach(({ path, output }, i) => {
    const image = output.kind === 'dense' && output.shape.length === 3
    expect([path, float16.layers[i].bytes]).toEqual([path, float32.layers[i].bytes / (image ? 2 : 1)])
  })
  expect(float16.parameters).toBe(float32.parameters)
  expect(float16.gradients).toBe(float32.gradients / 2)
  expect(float32.perNeuronStep).toBeGreaterThan(5)
  expect(float16.perNeuronStep).toBeLessThan(3.4)
})
