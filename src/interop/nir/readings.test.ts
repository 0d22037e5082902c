import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readHdf5Here } from '../../formats/hdf5/hdf5.ts'
import { type NpyArray, readNpy } from '../../formats/index.ts'
import type { NirGraph, NirNode } from './graph.ts'
import { nirGraph } from './read-nir.ts'
import { compareReadings, nirReadings, readingText } from './readings.ts'
import { likelyStep } from './step-of-time.ts'

const array = (values: readonly number[]) => ({ shape: [values.length], values: Float64Array.from(values) })
const node = (type: NirNode['type'], fields: { readonly [name: string]: readonly number[] }): NirNode => ({
  type,
  fields: new Map(Object.entries(fields).map(([name, values]) => [name, array(values)])),
})

/** One neuron whose tau is a step: its potential is the input, so that every reading can be told by hand. */
function oneNeuron(leak: number): NirGraph {
  const lif = { tau: [2], r: [1], v_leak: [leak], v_threshold: [1], v_reset: [0] }
  return {
    version: '1.0',
    nodes: new Map([
      ['input', node('Input', { shape: [1] })],
      ['lif', node('LIF', lif)],
      ['output', node('Output', { shape: [1] })],
    ]),
    edges: [
      ['input', 'lif'],
      ['lif', 'output'],
    ],
  } as unknown as NirGraph
}

describe('readings of a graph', () => {
  const spikesOf = async (leak: number, x: readonly number[]) => {
    const runs = await compareReadings(oneNeuron(leak), { x, T: x.length, dt: 1 })
    return new Map(runs.map(({ reading, layers }) => [readingText(reading), [...layers[0].output].join('')]))
  }

  test('differ where a potential just reaches its threshold', async () => {
    // u = u + (x - u) / 2: 2 reaches 1 exactly.
    const spikes = await spikesOf(0, [2, 0])
    expect(spikes.get('hard reset, fires above the threshold, starts at rest')).toBe('00')
    expect(spikes.get('hard reset, fires at the threshold, starts at rest')).toBe('10')
  })

  test('differ by their reset', async () => {
    // 3 after the first step: hard leaves 0, soft 2, and late takes it away after the next leak.
    const spikes = await spikesOf(0, [6, 1.1, 0])
    expect(spikes.get('hard reset, fires above the threshold, starts at rest')).toBe('100')
    expect(spikes.get('soft reset, fires above the threshold, starts at rest')).toBe('110')
    expect(spikes.get('late reset, fires above the threshold, starts at rest')).toBe('110')
  })

  test('differ by where a potential starts', async () => {
    // Rest 1.5: from there 1.5 + (1.5 + 0 - 1.5) / 2 is above 1 at once; from 0 it takes another step.
    const spikes = await spikesOf(1.5, [0, 0])
    expect(spikes.get('hard reset, fires above the threshold, starts at rest')).toBe('10')
    expect(spikes.get('hard reset, fires above the threshold, starts at zero')).toBe('01')
  })

  test('the first difference is named', async () => {
    const runs = await compareReadings(oneNeuron(0), { x: [0, 2, 0], T: 3, dt: 1, expected: [0, 1, 0] })
    expect(runs).toHaveLength(nirReadings.length)
    for (const { reading, differs } of runs) {
      expect(differs, readingText(reading)).toEqual(
        reading.fires === 'at' ? null : { step: 1, layer: 'lif', neuron: 0 },
      )
    }
  })

  test('an input or spikes of another size are refused', async () => {
    await expect(compareReadings(oneNeuron(0), { x: [1, 2], T: 3, dt: 1 })).rejects.toThrow('3 steps of 1')
    await expect(compareReadings(oneNeuron(0), { x: [1, 2, 3], T: 3, dt: 1, expected: [1] })).rejects.toThrow(
      '3 steps of 1 values',
    )
  })
})

test.each([
  [0.0002, 0.0001],
  [0.01, 0.001],
  [2, 1],
])('the shortest time constant %d allows steps of %d', (tau, step) => {
  expect(likelyStep({ ...oneNeuron(0), nodes: new Map([['lif', node('LIF', { tau: [tau] })]]) })).toBe(step)
})

const shared = new URL('../../../../shared/trials/', import.meta.url)
const file = (ending: string) => new URL(`nir-snntorch-default-reset.${ending}`, shared)

test.skipIf(!existsSync(file('nir')))('the reading of snnTorch is found by its spikes: late resets alone', async () => {
  const graph = nirGraph(await readHdf5Here(readFileSync(file('nir')), 'snntorch.nir'), 'snntorch.nir')
  const [x, expected] = ['input.npy', 'expected.npy'].map((ending) => readNpy(readFileSync(file(ending))) as NpyArray)
  const [T, samples] = x.shape
  for (let n = 0; n < samples; n++) {
    const cut = ({ values, shape }: NpyArray) =>
      Array.from({ length: T * shape[2] }, (_, i) => {
        return Number(values[(Math.floor(i / shape[2]) * samples + n) * shape[2] + (i % shape[2])])
      })
    const runs = await compareReadings(graph, { x: cut(x), T, dt: 1e-4, expected: cut(expected) })
    const equal = runs.filter(({ differs }) => differs === null).map(({ reading }) => reading.reset)
    expect(new Set(equal)).toContain('late')
  }
})
