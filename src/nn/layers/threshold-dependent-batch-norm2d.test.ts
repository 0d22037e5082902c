import { expect, test } from 'vitest'
import { createInterpreter } from '../../backends/index.ts'
import { Network } from '../network.ts'
import { givenFor, layerBackends, layerGradients, layerRun } from '../testing/layer-run.ts'
import { ThresholdDependentBatchNorm2d } from './threshold-dependent-batch-norm2d.ts'

const one = {
  layer: () => new ThresholdDependentBatchNorm2d({ threshold: 0.5, alpha: Math.SQRT1_2 }),
  shape: [3, 2, 2, 2, 3],
}

test('makes currents of deviation alpha times the threshold, over all steps', async () => {
  const given = new Map(givenFor(one))
  given.set('weight', new Float64Array(3).fill(Math.SQRT1_2 * 0.5)).set('bias', Float64Array.of(0.1, 0.2, -0.3))
  const { values, network } = await layerRun(createInterpreter(), one, given)
  const x = given.get('x')!
  for (let c = 0; c < 3; c++) {
    const own = [...x].filter((_, i) => i % 3 === c)
    const mean = own.reduce((a, b) => a + b) / own.length
    const variance = own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / own.length
    own.forEach((value, k) => {
      // Zheng et al. 2021, eq. 5 and 6, with lambda 1.
      const expected = (Math.SQRT1_2 * 0.5 * (value - mean)) / Math.sqrt(variance + 1e-5) + given.get('bias')![c]
      expect(values[3 * k + c]).toBeCloseTo(expected, 10)
    })
    const unbiased = (variance * own.length) / (own.length - 1)
    const kept = 0.9 * given.get('running_var')![c]
    expect(network.parameter('running_var').values[c]).toBeCloseTo(kept + 0.1 * unbiased, 10)
  }
  expect(network.config.layer).toEqual({ type: 'thresholdDependentBatchNorm2d', threshold: 0.5, alpha: Math.SQRT1_2 })
})

test('starts from alpha times the threshold', async () => {
  const network = new Network({ name: 'n', input: [4], layer: one.layer() })
  expect([...network.parameter('weight').values]).toEqual(new Array(4).fill(Math.SQRT1_2 * 0.5))
})

test('gradients by differences, both backends', async () => {
  expect(await layerGradients(one)).toBeLessThan(1e-7)
  expect(await layerBackends(one)).toBeLessThan(2e-5)
  expect(await layerBackends({ ...one, training: false })).toBeLessThan(2e-5)
})

test.each([{ threshold: 0 }, { alpha: Number.NaN }])('refuses %j', (options) => {
  expect(() => new ThresholdDependentBatchNorm2d(options)).toThrow(/a number above 0/)
})
