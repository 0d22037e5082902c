import { expect, test } from 'vitest'
import { hashedUniform } from '../../base/index.ts'
import type { Pass } from '../kernel-choice.ts'
import { createWasm } from './index.ts'
import { type TileCosts, tileOf, tileSize, timedRates } from './tiles.ts'

const options = { stride: [2, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const
const geometry = {
  ...options,
  images: 6,
  height: 10,
  width: 9,
  channels: 64,
  outHeight: 5,
  outWidth: 9,
  outputs: 160,
  kernel: [3, 3],
} as const
const passes: readonly Pass[] = ['forward', 'weight gradient', 'input gradient']

test('a layer takes the tile that was best at its rate in the layer nearest in size, and a later one only where it gains', () => {
  const times = (few: number, many: number) => [
    { tile: 8, times: [1, 2] as const },
    { tile: 4, times: [few, many] as const },
  ]
  const costs = [
    { size: 100, tiles: times(0.98, 1.96) },
    { size: 10000, tiles: times(0.8, 2.2) },
  ]
  const model: TileCosts = { forward: costs, 'weight gradient': costs, 'input gradient': costs }
  const near = { ...geometry, kernel: [1, 1], channels: 4, outputs: 60 } as const
  expect(tileSize('forward', near)).toBe(960)
  for (const rate of [0, 0.1, 1]) expect(tileOf('forward', near, rate, model)).toBe(8)
  const far = { ...near, outputs: 64 }
  const tiles = [0, timedRates[0], 0.1, 0.15, timedRates[1], 1].map((rate) => tileOf('forward', far, rate, model))
  expect(tiles).toEqual([4, 4, 4, 8, 8, 8])
  expect(tileSize('weight gradient', geometry)).toBe(45)
})

test('tiles of any size give the same values', async () => {
  const shape = [2, 3, 10, 9, 64]
  const bytes = Uint8Array.from(hashedUniform(2 * 3 * 90 * 64, 1), (u) => (u < 0.1 ? 3 : u < 0.2 ? 2 : u < 0.3 ? 1 : 0))
  const layer = 'conv 3x3, stride 2x1, padding 1x1: 10x9x64 to 160'
  const results: { [tile: number]: readonly (Float32Array | Float64Array)[] } = {}
  for (const tile of [1, 3, 100, 3000, 40000, 1 << 20]) {
    const kernels = passes.map(
      (pass) => ({ layer, pass, kernels: 'events', rate: 0.2, tile, predicted: null }) as const,
    )
    const b = await createWasm({ kernels })
    const x = b.spikes(shape, bytes, 1)
    const weight = b.tensor([3, 3, 64, 160], hashedUniform(9 * 64 * 160, 2))
    const y = b.conv2d(x, weight, null, null, options)
    const gradient = b.tensor(y.shape, hashedUniform(6 * 45 * 160, 3))
    const back = b.conv2dBackward(x, weight, gradient, options, { input: 'open', weight: true, bias: false })
    results[tile] = await Promise.all([y, back.weight!, back.input!].map((handle) => b.read(handle)))
    expect(b.kernelChoices().map((choice) => choice.tile)).toEqual([tile, tile, tile])
    await b.close()
  }
  const [expected, ...others] = Object.values(results)
  for (const other of others) {
    other.forEach((values, k) => {
      const largest = Math.max(...expected[k])
      expect(largest).toBeGreaterThan(0)
      expect(Math.max(...values.map((v, i) => Math.abs(v - expected[k][i]))) / largest).toBeLessThan(1e-5)
    })
  }
  // What a block of outputs holds changes no sum; the others cut sums elsewhere.
  expect(Object.values(results).every(([output]) => output.every((v, i) => v === expected[0][i]))).toBe(true)
  expect(others.some(([, weight]) => weight.some((v, i) => v !== expected[1][i]))).toBe(true)
})

test('what was measured names tiles for every pass', async () => {
  const b = await createWasm({ calibrate: () => performance.now() / 1000 })
  const x = b.spikes([1, 2, 8, 8, 16], new Uint8Array(2048), 1)
  b.conv2d(x, b.tensor([3, 3, 16, 32], null), null, null, { ...options, stride: [1, 1] })
  expect([1, 2, 3, 4, 6, 8]).toContain(b.kernelChoices()[0].tile)
  await b.close()
})
