import { describe, expect, test } from 'vitest'
import { createInterpreter, createWasm } from '../backends/index.ts'
import { frameDatasets, type Recordings } from '../data/index.ts'
import { EventList } from '../formats/index.ts'
import { lif } from '../neurons/index.ts'
import { Linear, Network, Sequential, Spiking } from '../nn/index.ts'
import { evaluate } from './evaluate.ts'
import { MemoryRunStore } from './run-store.ts'
import { tickingHost } from './testing/tiny.ts'
import { train } from './train.ts'

/** Recordings of two classes that differ in time alone: the first pixel before the second, or after it. */
function recordings(name: string, count: number): Recordings {
  return {
    name,
    classes: ['rising', 'falling'],
    sensor: { width: 2, height: 1 },
    members: Array.from({ length: count }, (_, i) => ({ id: `${name} ${i}`, label: i % 2, bytes: i })),
    async read(i) {
      const list = new EventList()
      for (let k = 0; k < 8; k++) list.push(1000 * k + i, (k >> 2) ^ (i % 2), 0, 1)
      return list.events({ width: 2, height: 1 })
    },
  }
}

const sets = { name: 'order', train: recordings('train', 40), test: recordings('test', 10), split: 'made', notes: [] }

/** Remembers what came first: without time, the two classes are equal. */
const network = () =>
  new Network({
    name: 'order',
    input: [1, 2, 2],
    layer: new Sequential([new Linear({ features: 16 }), new Spiking({ neuron: lif() }), new Linear({ features: 2 })]),
    seed: 3,
  })

describe.each([
  ['interpreter', async () => createInterpreter()],
  ['wasm', () => createWasm()],
] as const)('recordings on %s', (_, open) => {
  test('are learnt by the order of their frames, and the record names split, members and frames', async () => {
    const datasets = await frameDatasets(sets, { T: 4 })
    const store = new MemoryRunStore()
    const options = { backend: await open(), host: tickingHost(), T: 4, store }
    const result = await train(network(), datasets, { ...options, epochs: 15, batch: 8, seed: 1, validation: 'none' })
    const record = (await store.readConfig()) as { dataset: Record<string, unknown>; encode: string }
    expect(record.encode).toBe('frames')
    expect(record.dataset).toMatchObject({ testSplit: 'made', frames: { T: 4 } })
    expect(record.dataset.members).toEqual({ train: datasets.train.members, test: datasets.test.members })
    expect(result.final!.lastEpochTestAccuracy).toBe(1)
    expect((await evaluate(result.network, datasets.test, options)).accuracy).toBe(1)
  })
})

test('frames of another number than T are refused', async () => {
  const datasets = await frameDatasets(sets, { T: 4 })
  const options = { backend: createInterpreter(), host: tickingHost(), T: 5, epochs: 1 }
  expect(() => train(network(), datasets, options)).toThrow(/another number of frames[\s\S]*5 frames[\s\S]*4 frames/)
  await expect(evaluate(network(), datasets.test, options)).rejects.toThrow(/another number of frames/)
})
