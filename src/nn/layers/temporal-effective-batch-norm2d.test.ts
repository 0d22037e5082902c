import { expect, test } from 'vitest'
import { createInterpreter } from '../../backends/index.ts'
import { Network } from '../network.ts'
import { givenFor, layerBackends, layerGradients, layerRun } from '../testing/layer-run.ts'
import { TemporalEffectiveBatchNorm2d } from './temporal-effective-batch-norm2d.ts'

const one = { layer: () => new TemporalEffectiveBatchNorm2d({ T: 3 }), shape: [3, 2, 2, 2, 3] }

test('normalises over all steps, then each step times its factor', async () => {
  const given = givenFor(one)
  const { values } = await layerRun(createInterpreter(), one, given)
  const [x, p, weight, bias] = ['x', 'p', 'weight', 'bias'].map((name) => given.get(name)!)
  for (let c = 0; c < 3; c++) {
    const own = [...x].filter((_, i) => i % 3 === c)
    const mean = own.reduce((a, b) => a + b) / own.length
    const variance = own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / own.length
    own.forEach((value, k) => {
      const t = Math.floor((3 * k) / 24)
      // Duan et al. 2022: lambda and beta of a step are those of all, times p[t].
      const expected = (p[t] * weight[c] * (value - mean)) / Math.sqrt(variance + 1e-5) + p[t] * bias[c]
      expect(values[3 * k + c]).toBeCloseTo(expected, 10)
    })
  }
})

test('a frame that all steps share gives each step its factor', async () => {
  const frame = { ...one, shape: [1, 2, 2, 2, 3], T: 3, training: false }
  const given = givenFor(frame)
  const { values, shape } = await layerRun(createInterpreter(), frame, given)
  expect(shape).toEqual([3, 2, 2, 2, 3])
  const p = given.get('p')!
  for (let i = 0; i < 24; i++)
    for (let t = 1; t < 3; t++) expect(values[24 * t + i] * p[0]).toBeCloseTo(values[i] * p[t], 10)
  expect(await layerBackends({ ...frame, training: true })).toBeLessThan(2e-5)
})

test('gradients by differences, both backends', async () => {
  expect(await layerGradients(one)).toBeLessThan(1e-7)
  expect(await layerBackends(one)).toBeLessThan(2e-5)
})

test('a stream takes the factors one by one, and ends with them', async () => {
  const backend = createInterpreter()
  const network = new Network({ name: 'n', input: [2], layer: new TemporalEffectiveBatchNorm2d({ T: 2 }) })
  network.parameter('p').set([2, 5])
  await network.place(backend)
  const stream = network.stream()
  const root = Math.sqrt(1 + 1e-5)
  expect([...(await stream.step([1, -3]))]).toEqual([2 / root, -6 / root])
  expect((await stream.step([1, -3]))[1]).toBeCloseTo(-15 / root, 12)
  await expect(stream.step([1, 1])).rejects.toThrow(/"p" was made for 2 steps/)
  stream.close()
  await backend.close()
})

test('refuses a T that is none', () => {
  expect(() => new TemporalEffectiveBatchNorm2d({ T: 0.5 })).toThrow(/TEBN: T out of range/)
})
