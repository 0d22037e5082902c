import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Backend, createWebGpu, type Tuning, type TuningStore } from '../../src/backends/index.ts'
import { wgsl } from '../../src/codegen/index.ts'
import { noAdapter, nodeGpuAdapter } from '../../src/hosts/node/node-gpu.ts'
import { clif, plif } from '../../src/neurons/index.ts'
import { dense, spikes } from '../contract/values.ts'

/** The adapter, as if it had no subgroups. */
function withoutSubgroups(adapter: GPUAdapter): GPUAdapter {
  const features = new Set([...adapter.features].filter((feature) => feature !== 'subgroups'))
  return Object.defineProperty(adapter, 'features', { value: features })
}

/**
 * Kernels for hardware read through workgroup memory, and add up by subgroups where there are any; software adapters have
 * their own. All give the same values: the contract runs on one of them, and this says that the others agree.
 */
describe('kernels for hardware agree with those for software adapters', () => {
  const backends: Backend[] = []
  beforeAll(async () => {
    for (const kernels of ['software', 'tree', 'subgroups']) {
      const adapter = (await nodeGpuAdapter()) as GPUAdapter | null
      if (!adapter) throw noAdapter()
      const software = kernels === 'software'
      backends.push(await createWebGpu(kernels === 'tree' ? withoutSubgroups(adapter) : adapter, { software }))
    }
  })
  afterAll(() => Promise.all(backends.map((backend) => backend.close())))

  async function expectAlike(
    run: (backend: Backend) => Promise<ArrayLike<number>[]>,
    others = backends.slice(1),
  ): Promise<void> {
    const a = await run(backends[0])
    for (const backend of others) {
      const b = await run(backend)
      a.forEach((values, k) => {
        const size = Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-2)
        Array.from(values).forEach((value, i) => void expect(Math.abs(value - b[k][i]) / size).toBeLessThan(2e-6))
      })
    }
  }

  test.each([
    { name: 'spikes, 3x3, stride 2', x: [2, 2, 9, 9, 16], weight: [3, 3, 16, 72], stride: 2, kind: spikes },
    { name: 'odd channels in groups', x: [1, 2, 6, 5, 6], weight: [3, 3, 3, 10], stride: 1, kind: dense },
  ])('convolution of $name', async ({ x: shape, weight, stride, kind }) => {
    await expectAlike(async (b) => {
      const x = kind === spikes ? spikes(b, shape, 0.3, 1, 1) : dense(b, shape, 1)
      const w = dense(b, weight, 2)
      const options = {
        stride: [stride, stride],
        padding: [1, 1],
        dilation: [1, 1],
        groups: shape[4] / weight[2],
      } as const
      const y = b.conv2d(x.handle, w.handle, dense(b, [weight[3]], 3).handle, null, options)
      const g = b.conv2dBackward(x.handle, w.handle, y, options, { input: 'open', weight: true, bias: true })
      return Promise.all([y, g.input!, g.weight!, g.bias!].map((handle) => b.read(handle)))
    }, backends.slice(2))
  })

  test('every tile that a tuner may choose gives the same bits; the fastest is remembered', async () => {
    const adapter = (await nodeGpuAdapter()) as GPUAdapter | null
    if (!adapter) throw noAdapter()
    const saved: Tuning[] = []
    const tuning: TuningStore = { load: () => ({}), save: (_, tiles) => saved.push(tiles) }
    const b = await createWebGpu(adapter, { software: false, tuning })
    const x = spikes(b, [1, 2, 6, 6, 8], 0.3, 1, 8)
    const w = dense(b, [3, 3, 8, 40], 9)
    const options = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const
    const run = () => b.conv2d(x.handle, w.handle, null, null, options)
    const plain = Array.from(await b.read(run()))
    await b.finish()
    for (let k = 0; k < 50 && saved.length === 0; k++) await new Promise((resolve) => setTimeout(resolve, 20))
    const [[key, tile]] = Object.entries(saved[0])
    expect(key).toMatch(/^forward /)
    const tiles = wgsl.possibleTiles(40, 256)
    expect(tiles).toContainEqual(tile)
    await b.close()
    for (const chosen of tiles) {
      const given = (await nodeGpuAdapter()) as GPUAdapter
      const other = await createWebGpu(given, {
        software: false,
        tuning: { load: () => ({ [key]: chosen }), save() {} },
      })
      const [ox, ow] = [spikes(other, [1, 2, 6, 6, 8], 0.3, 1, 8), dense(other, [3, 3, 8, 40], 9)]
      expect(Array.from(await other.read(other.conv2d(ox.handle, ow.handle, null, null, options)))).toEqual(plain)
      await other.close()
    }
  })

  test('sums by subgroups are the same bits every time', async ({ skip }) => {
    const [, tree, subgroups] = backends
    expect(tree.info.features).not.toContain('subgroups')
    skip(!subgroups.info.features.includes('subgroups'), 'this GPU has no subgroups')
    const values = Float32Array.from({ length: 9000 }, (_, i) => Math.sin(i) * 3 ** (i % 7))
    const exact = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
    const norms = []
    for (let k = 0; k < 5; k++) {
      const handles = [subgroups.tensor([9000], values)]
      norms.push((await subgroups.read(subgroups.clipNorm(handles, Number.POSITIVE_INFINITY)))[0])
    }
    expect(new Set(norms).size).toBe(1)
    expect(Math.abs(norms[0] / exact - 1)).toBeLessThan(1e-6)
  })

  test.each([clif(), plif()])('BatchNorm, neurons and their sums', async (neuron) => {
    await expectAlike(async (b) => {
      const C = 72
      const x = dense(b, [5, 40, C], 4)
      const vector = (key: number) => dense(b, [C], key).handle
      const call = {
        neuron,
        T: 5,
        parameters: neuron.program.parameters.map(() => b.tensor([1], [0.2])),
        normalisation: {
          weight: vector(5),
          bias: vector(6),
          runningMean: vector(7),
          runningVariance: b.tensor([C], new Float64Array(C).fill(1)),
          eps: 1e-5,
          momentum: 0.1,
          statistics: 'perStep',
          training: true,
        },
        state: null,
        wantState: false,
        wantBackward: true,
      } as const
      const { output, saved } = b.neuron(x.handle, call)
      const g = b.neuronBackward(x.handle, output, saved!, x.handle, null, call)
      const norm = b.clipNorm([g.input], 0.5)
      const all = [g.input, ...g.parameters, g.normalisation!.weight, g.normalisation!.bias, norm, b.activity(output)]
      return Promise.all(all.map((handle) => b.read(handle)))
    })
  })
})
