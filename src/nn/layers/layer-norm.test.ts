import { expect, test } from 'vitest'
import { createInterpreter } from '../../backends/index.ts'
import { lif } from '../../neurons/index.ts'
import { givenFor, layerBackends, layerGradients, layerRun } from '../testing/layer-run.ts'
import { LayerNorm } from './layer-norm.ts'
import { Sequential } from './sequential.ts'
import { Spiking } from './spiking.ts'

const cases = [
  { layer: () => new LayerNorm(), shape: [2, 2, 2, 3, 5] },
  { layer: () => new LayerNorm({ over: 'frame' }), shape: [2, 2, 2, 3, 4] },
  { layer: () => new LayerNorm(), shape: [3, 2, 6] },
]

/** Every row of `size` neighbours: (x - mean) / sqrt(variance + 1e-5), times weight, plus bias. */
function byHand(x: Float64Array, weight: Float64Array, bias: Float64Array): number[] {
  const size = weight.length
  return [...x].map((value, i) => {
    const row = x.slice(i - (i % size), i - (i % size) + size)
    const mean = row.reduce((a, b) => a + b) / size
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / size
    return ((value - mean) / Math.sqrt(variance + 1e-5)) * weight[i % size] + bias[i % size]
  })
}

test.each(cases)('%#: values by its formula, gradients by differences, both backends', async (one) => {
  const given = givenFor(one)
  const { values, network } = await layerRun(createInterpreter(), one, given)
  const expected = byHand(given.get('x')!, given.get('weight')!, given.get('bias')!)
  expected.forEach((value, i) => void expect(values[i]).toBeCloseTo(value, 10))
  expect(network.parameters().map(({ shape }) => shape)).toEqual([1, 2].map(() => network.parameter('weight').shape))
  expect(await layerGradients(one)).toBeLessThan(1e-7)
  expect(await layerBackends(one)).toBeLessThan(2e-5)
})

test('reads spikes', async () => {
  const layer = () => new Sequential([new Spiking({ neuron: lif() }), new LayerNorm({ over: 'frame' })])
  expect(await layerBackends({ layer, shape: [3, 2, 3, 3, 4] })).toBeLessThan(2e-5)
})

test('refuses to normalise over anything else', () => {
  expect(() => new LayerNorm({ over: 'time' as 'frame' })).toThrow(/'channels' or 'frame'/)
})
