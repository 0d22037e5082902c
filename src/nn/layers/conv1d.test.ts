import { expect, test } from 'vitest'
import { createInterpreter } from '../../backends/index.ts'
import { lif } from '../../neurons/index.ts'
import { Network } from '../network.ts'
import { givenFor, layerBackends, layerGradients, layerRun } from '../testing/layer-run.ts'
import { Conv1d, type Conv1dOptions } from './conv1d.ts'
import { Sequential } from './sequential.ts'
import { Spiking } from './spiking.ts'

const cases: readonly (readonly [Conv1dOptions, number])[] = [
  [{ channels: 3, kernelSize: 3 }, 5],
  [{ channels: 4, kernelSize: 3, stride: 2, padding: 2, dilation: 2, groups: 2, bias: false }, 4],
]

test.each(cases)('%j: values of a direct sum, gradients by differences, both backends', async (options, length) => {
  const [T, N, L, C] = [2, 2, 7, 4]
  const one = { layer: () => new Conv1d(options), shape: [T, N, 1, L, C] }
  const given = givenFor(one)
  const { values, shape, network } = await layerRun(createInterpreter(), one, given)
  const { channels, kernelSize, stride = 1, padding = 0, dilation = 1, groups = 1 } = options
  expect(shape).toEqual([T, N, 1, length, channels])
  // The weight as PyTorch has it: [out, in / groups, k].
  const weight = network.parameter('weight')
  expect(weight.outsideShape).toEqual([channels, C / groups, kernelSize])
  const w = weight.toOutside()
  const x = given.get('x')!
  values.forEach((value, i) => {
    const [o, at, row] = [i % channels, Math.floor(i / channels) % length, Math.floor(i / channels / length)]
    let sum = given.get('bias')?.[o] ?? 0
    for (let c = 0; c < C / groups; c++)
      for (let k = 0; k < kernelSize; k++) {
        const l = at * stride - padding + k * dilation
        const channel = Math.floor((o * groups) / channels) * (C / groups) + c
        if (l >= 0 && l < L) sum += x[(row * L + l) * C + channel] * w[(o * (C / groups) + c) * kernelSize + k]
      }
    expect(value).toBeCloseTo(sum, 11)
  })
  expect(await layerGradients(one)).toBeLessThan(1e-7)
  expect(await layerBackends(one)).toBeLessThan(2e-5)
})

test('weights come back from files as they went', () => {
  const network = () => new Network({ name: 'n', input: [1, 5, 2], layer: new Conv1d({ channels: 3, kernelSize: 2 }) })
  const [from, to] = [network().parameter('weight'), network().parameter('weight')]
  to.set(new Float64Array(12))
  to.fromOutside(from.toOutside())
  expect([...to.values]).toEqual([...from.values])
})

test('reads spikes', async () => {
  const layer = () => new Sequential([new Spiking({ neuron: lif() }), new Conv1d({ channels: 8, kernelSize: 3 })])
  expect(await layerBackends({ layer, shape: [3, 2, 1, 9, 4] })).toBeLessThan(2e-5)
})

test('images are refused', () => {
  const layer = new Conv1d({ channels: 3, kernelSize: 3 })
  expect(() => new Network({ name: 'n', input: [4, 4, 3], layer })).toThrow(/\[1, L, C\]/)
})
