import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createWasm } from '../../backends/index.ts'
import { hashedUniform, sizeOf } from '../../base/index.ts'
import { openDataset } from '../../data/index.ts'
import { readHdf5Here } from '../../formats/index.ts'
import { modelNamed } from '../../models/index.ts'
import { lif } from '../../neurons/index.ts'
import type { Network } from '../../nn/index.ts'
import { tensorOf } from '../../tensor/index.ts'
import { evaluate } from '../../train/index.ts'
import { networkFromNir, networkToNir, nirGraph, writeNir } from './index.ts'

const shared = new URL('../../../../shared/data/', import.meta.url)
const dt = 0.001

test('resnet18, written and read back, gives equal spikes in float32', async () => {
  const backend = await createWasm()
  const neuron = lif({ tau: 1.5, reset: 'hard' })
  const network = modelNamed('resnet18')({ input: [16, 16, 2], classes: 3, neuron })
  for (const [key, p] of network.buffers().entries()) {
    const least = p.path.endsWith('var') ? 0.01 : -0.2
    p.set(hashedUniform(p.values.length, key).map((u) => Math.fround(least + 0.05 * u)))
  }
  const { graph } = networkToNir(network, { dt })
  const back = networkFromNir(nirGraph(await readHdf5Here(await writeNir(graph), 'a.nir'), 'a.nir'), { dt })
  expect(back.labels.filter(({ label }) => label !== 'faithful')).toEqual([])
  const inputs = hashedUniform(4 * 2 * sizeOf(network.input), 9).map((u) => Math.floor(3 * u))
  const spikes = async (net: Network) => {
    await net.place(backend)
    const seen: Promise<ArrayLike<number>>[] = []
    const x = tensorOf(backend, [4, 2, ...net.input], inputs)
    const observe = (_: string, { handle }: { handle: Parameters<typeof backend.read>[0] }) => {
      seen.push(backend.read(handle))
    }
    net.forward(x, { backend, tape: null, training: false, T: 4, key: 0, observe })
    return Promise.all(seen)
  }
  const [before, after] = [await spikes(network), await spikes(back.network)]
  expect(before.length).toBe(17)
  before.forEach((values, layer) => {
    expect(Array.from(values).some((value) => value > 0)).toBe(true)
    expect(Array.from(values).every((value, i) => value === after[layer][i])).toBe(true)
  })
  await backend.close()
})

describe.skipIf(!existsSync(shared))('cnn_sinabs.nir (needs ../shared/data)', () => {
  test('reads N-MNIST within 3 points of the published 98 %', async () => {
    const backend = await createWasm()
    const bytes = readFileSync(new URL('nir/cnn_sinabs.nir', shared))
    const { network } = networkFromNir(nirGraph(await readHdf5Here(bytes, 'cnn_sinabs.nir'), 'cnn'), { dt: 1 })
    const T = 300
    const frames = { T, by: 'window', windowUs: 1000 } as const
    const { test: recordings } = await openDataset('n-mnist', new URL('n-mnist/', shared), { frames, limit: 100 })
    const host = { clock: () => performance.now() / 1000, pause: async () => {} }
    const { accuracy, images } = await evaluate(network, recordings, { backend, host, T, batch: 10 })
    expect(images).toBe(100)
    expect(accuracy).toBeGreaterThanOrEqual(0.95)
    await backend.close()
  })
})
