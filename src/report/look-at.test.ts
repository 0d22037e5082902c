import { expect, test } from 'vitest'
import { createInterpreter } from '../backends/index.ts'
import type { Dataset } from '../data/index.ts'
import { clif } from '../neurons/index.ts'
import { Linear, Network, Sequential, Spiking } from '../nn/index.ts'
import { lookAt } from './look-at.ts'
import { reportHtml } from './report.ts'

/** One pixel, bright or dark; every label is 0. */
const test8: Dataset = {
  name: 'pixels',
  split: 'test',
  shape: [1, 1, 1],
  classes: ['dark', 'bright'],
  length: 8,
  label: () => 0,
  image: (i: number, into: Uint8Array) => {
    into[0] = i % 2 ? 255 : 0
  },
} as unknown as Dataset

test('a report sees layers, spikes of those that fire, and samples that were taken for another class', async () => {
  const network = new Network({
    name: 'tiny',
    input: [1, 1, 1],
    layer: new Sequential([new Linear({ features: 3 }), new Spiking({ neuron: clif() }), new Linear({ features: 2 })]),
    seed: 1,
  })
  network.parameter('0.weight').values.fill(2)
  network.parameter('0.bias').values.fill(0)
  network.parameter('2.weight').values.set([0, 0, 0, 1, 1, 1])
  network.parameter('2.bias').values.fill(0)
  await network.place(createInterpreter())
  const {
    network: layers,
    raster,
    confused,
  } = await lookAt(network, test8, { T: 3, seed: 0, transforms: [], batch: 3 })
  expect(layers?.map(({ path }) => path)).toEqual(['0', '1', '2'])
  expect(raster?.panels[0]).toMatchObject({ name: '1', neurons: 9, silent: 6 })
  expect(confused?.map(({ index, truth, taken }) => [index, truth, taken])).toEqual(
    [1, 3, 5, 7].map((index) => [index, 'dark', 'bright']),
  )
  const page = reportHtml([
    {
      name: 'a/tiny',
      neuron: 'clif',
      model: 'tiny',
      dataset: 'pixels',
      command: '',
      config: {},
      epochs: [],
      final: { testAccuracy: 0.5, lastEpochTestAccuracy: 0.5, bestEpoch: 1, rule: 'last epoch' },
      firingRates: [{ layer: '1', rate: 0.3 }],
      network: layers ?? [],
      raster,
      confused,
    } as Parameters<typeof reportHtml>[0][number],
  ])
  for (const text of [
    'Spikes and membrane potentials',
    'neurons 1',
    'dark, taken for bright',
    'data:image/png;base64,',
  ])
    expect(page).toContain(text)
})
