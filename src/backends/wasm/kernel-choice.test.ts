import { expect, it } from 'vitest'
import { createWasm } from './index.ts'
import { type CostModel, KernelChoices } from './kernel-choice.ts'
import { typicalTileCosts } from './tiles.ts'

const geometry = {
  images: 2,
  height: 8,
  width: 8,
  channels: 16,
  outHeight: 8,
  outWidth: 8,
  outputs: 32,
  kernel: [3, 3],
  stride: [1, 1],
  padding: [1, 1],
  dilation: [1, 1],
  groups: 1,
} as const

/** Events cost 1 + 10 per share of spikes, dense sums 3: they meet at a rate of 0.2. */
const model: CostModel = {
  passes: {
    forward: { fixed: 1, perRate: 10, dense: 3 },
    'weight gradient': { fixed: 1, perRate: 10, dense: 3 },
    'input gradient': { fixed: 5, perRate: 1, dense: 3 },
  },
  tiles: typicalTileCosts,
}

it('takes the cheaper kernels at the rate of the first input, and stays with them', () => {
  const choices = new KernelChoices()
  choices.model = model
  expect(choices.choose('forward', geometry, () => 0.19)).toEqual({ kernels: 'events', tile: 8 })
  expect(choices.choose('forward', geometry, () => 0.9).kernels).toBe('events')
  expect(choices.choose('forward', { ...geometry, outputs: 64 }, () => 0.21).kernels).toBe('dense')
  expect(choices.choose('input gradient', geometry, () => 0.01).kernels).toBe('dense')
  expect(choices.all()[0]).toEqual({
    layer: 'conv 3x3, stride 1x1, padding 1x1: 8x8x16 to 32',
    pass: 'forward',
    kernels: 'events',
    rate: 0.19,
    tile: 8,
    predicted: { events: (1 + 1.9) * 1e12, dense: 3e12 },
  })
})

it('keeps to choices that were made before, whatever the model says', () => {
  const before = new KernelChoices()
  before.model = model
  before.choose('forward', geometry, () => 0.5)
  const after = new KernelChoices(before.all())
  expect(after.choose('forward', geometry, () => 0).kernels).toBe('dense')
  expect(after.choose('weight gradient', geometry, () => 0.5).kernels, 'without a model').toBe('events')
})

it('chooses between kernels that agree', async () => {
  const shape = [1, 2, 8, 8, 16]
  const bytes = Uint8Array.from({ length: 2048 }, (_, i) => (i * 7 + (i >> 3)) % 4)
  const weights = Float32Array.from({ length: 9 * 16 * 32 }, (_, i) => Math.sin(i))
  const gradients = Float32Array.from({ length: 2 * 64 * 32 }, (_, i) => Math.cos(i))
  const results = []
  for (const kernels of ['events', 'dense'] as const) {
    const layer = 'conv 3x3, stride 1x1, padding 1x1: 8x8x16 to 32'
    const passes = ['forward', 'weight gradient', 'input gradient'] as const
    const given = passes.map((pass) => ({ layer, pass, kernels, rate: 0.5, predicted: null }))
    const backend = await createWasm({ kernels: given })
    const x = backend.spikes(shape, bytes, 1)
    const weight = backend.tensor([3, 3, 16, 32], weights)
    const output = backend.conv2d(x, weight, null, null, geometry)
    const gradient = backend.tensor(output.shape, gradients)
    const back = backend.conv2dBackward(x, weight, gradient, geometry, { input: 'open', weight: true, bias: false })
    const values = await Promise.all([output, back.weight!, back.input!].map((handle) => backend.read(handle)))
    expect(backend.kernelChoices().map((c) => c.kernels)).toEqual([kernels, kernels, kernels])
    results.push(values)
    await backend.close()
  }
  const [events, dense] = results
  events.forEach((values, i) => {
    const largest = Math.max(...dense[i].map(Math.abs))
    expect(Math.max(...values.map((v, j) => Math.abs(v - dense[i][j]))) / largest).toBeLessThan(1e-5)
  })
})

it('measures what both cost on this machine', async () => {
  const backend = await createWasm({ calibrate: () => performance.now() / 1000 })
  const x = backend.spikes([1, 2, 8, 8, 16], new Uint8Array(2048), 1)
  backend.conv2d(x, backend.tensor([3, 3, 16, 32], null), null, null, geometry)
  const [choice] = backend.kernelChoices()
  // Which is cheaper depends on what else the machine does; that both were measured does not.
  expect(choice.predicted!.events).toBeGreaterThanOrEqual(0)
  expect(choice.predicted!.dense).toBeGreaterThan(0)
  await backend.close()
})

it('a tile that no kernel could step by is refused', () => {
  const choice = { layer: 'a', pass: 'forward', kernels: 'events', rate: 0.1, predicted: null } as const
  expect(() => new KernelChoices([{ ...choice, tile: 2 ** 24 }])).not.toThrow()
  expect(() => new KernelChoices([{ ...choice, tile: 2 ** 29 }])).toThrow('no kernel can follow')
})
