import { expect, test } from 'vitest'
import { createInterpreter } from '../../backends/index.ts'
import { lif } from '../../neurons/index.ts'
import { Network } from '../network.ts'
import { givenFor, layerBackends, layerGradients, layerRun } from '../testing/layer-run.ts'
import { Sequential } from './sequential.ts'
import { Spiking } from './spiking.ts'
import { SynapseFilter } from './synapse-filter.ts'

const fixed = { layer: () => new SynapseFilter({ tau: 4 }), shape: [5, 2, 2, 1, 3] }
const learned = { layer: () => new SynapseFilter({ tau: 4, learned: true }), shape: [5, 2, 3] }

test.each([fixed, learned])('%#: every step by its formula, gradients by differences, both backends', async (one) => {
  const given = givenFor(one)
  const { values, gradients } = await layerRun(createInterpreter(), one, given)
  const w = given.get('w')
  const tau = w ? 1 + Math.exp(-w[0]) : 4
  const x = given.get('x')!
  const frame = x.length / 5
  const current = new Float64Array(frame)
  for (let t = 0; t < 5; t++)
    for (let i = 0; i < frame; i++) {
      current[i] = current[i] - ((1 - x[t * frame + i]) * current[i]) / tau + x[t * frame + i]
      expect(values[t * frame + i]).toBeCloseTo(current[i], 11)
    }
  expect(gradients.has('w')).toBe(one === learned)
  expect(await layerGradients(one)).toBeLessThan(1e-7)
  expect(await layerBackends(one)).toBeLessThan(2e-5)
})

test('a learned tau starts where it was told to', () => {
  const w = new Network({ name: 'n', input: [3], layer: learned.layer() }).parameter('w').values[0]
  expect(1 + Math.exp(-w)).toBeCloseTo(4, 12)
})

test('reads spikes, one frame for all steps, and streams', async () => {
  const layer = () => new Sequential([new Spiking({ neuron: lif() }), new SynapseFilter({ tau: 3 })])
  expect(await layerBackends({ layer, shape: [4, 2, 6] })).toBeLessThan(2e-5)
  expect(await layerBackends({ layer: fixed.layer, shape: [1, 2, 6], T: 4 })).toBeLessThan(2e-5)
  const backend = createInterpreter()
  const network = new Network({ name: 'n', input: [1], layer: new SynapseFilter({ tau: 4 }) })
  await network.place(backend)
  const stream = network.stream()
  const seen: number[] = []
  for (const x of [1, 0, 0, 1]) seen.push((await stream.step([x]))[0])
  expect(seen).toEqual([1, 0.75, 0.5625, 1.5625])
  stream.close()
  await backend.close()
})

test('a tau that does not decay is refused', () => {
  expect(() => new SynapseFilter({ tau: 1 })).toThrow(/a number of steps above 1/)
})
