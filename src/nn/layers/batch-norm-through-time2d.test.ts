import { expect, test } from 'vitest'
import { createInterpreter } from '../../backends/index.ts'
import { Network } from '../network.ts'
import { givenFor, layerBackends, layerGradients, layerRun } from '../testing/layer-run.ts'
import { BatchNormThroughTime2d } from './batch-norm-through-time2d.ts'

const one = { layer: () => new BatchNormThroughTime2d({ T: 3 }), shape: [3, 2, 2, 2, 3] }
const withBias = { ...one, layer: () => new BatchNormThroughTime2d({ T: 3, bias: true }) }

test.each([one, withBias])('%#: every step by its own statistics and weights', async (each) => {
  const given = givenFor(each)
  const { values, network } = await layerRun(createInterpreter(), each, given)
  const x = given.get('x')!
  for (let t = 0; t < 3; t++)
    for (let c = 0; c < 3; c++) {
      const own = [...x.slice(24 * t, 24 * t + 24)].filter((_, i) => i % 3 === c)
      const mean = own.reduce((a, b) => a + b) / 8
      const variance = own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 8
      const [weight, bias] = ['weight', 'bias'].map((name) => given.get(`${t}.${name}`)![c])
      own.forEach((value, k) => {
        const expected = (weight * (value - mean)) / Math.sqrt(variance + 1e-5) + bias
        expect(values[24 * t + 3 * k + c]).toBeCloseTo(expected, 10)
      })
      const running = network.parameter(`${t}.running_mean`).values[c]
      expect(running).toBeCloseTo(0.9 * given.get(`${t}.running_mean`)![c] + 0.1 * mean, 10)
    }
  expect(network.parameters()).toHaveLength(each === one ? 3 : 6)
})

test('evaluation takes each step’s running statistics', async () => {
  const evaluation = { ...one, shape: [1, 1, 3], T: 3, training: false }
  const given = givenFor(evaluation)
  const { values } = await layerRun(createInterpreter(), evaluation, given)
  for (let t = 0; t < 3; t++)
    for (let c = 0; c < 3; c++) {
      const of = (name: string) => given.get(`${t}.${name}`)![c]
      const expected = (of('weight') * (given.get('x')![c] - of('running_mean'))) / Math.sqrt(of('running_var') + 1e-5)
      expect(values[3 * t + c]).toBeCloseTo(expected, 10)
    }
})

test('gradients by differences, both backends', async () => {
  for (const each of [one, withBias]) {
    expect(await layerGradients(each)).toBeLessThan(1e-7)
    expect(await layerBackends(each)).toBeLessThan(2e-5)
  }
})

test('a stream takes the norms one by one', async () => {
  const backend = createInterpreter()
  const network = new Network({ name: 'n', input: [1], layer: new BatchNormThroughTime2d({ T: 2 }) })
  network.parameter('1.weight').set([3])
  await network.place(backend)
  const stream = network.stream()
  const root = Math.sqrt(1 + 1e-5)
  expect((await stream.step([2]))[0]).toBeCloseTo(2 / root, 12)
  expect((await stream.step([2]))[0]).toBeCloseTo(6 / root, 12)
  await expect(stream.step([2])).rejects.toThrow(/was made for 2 steps/)
  stream.close()
  await backend.close()
})

test('refuses a T that is none', () => {
  expect(() => new BatchNormThroughTime2d({ T: 0 })).toThrow(/BNTT: T out of range/)
})
