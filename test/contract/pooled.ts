import { describe, expect, test } from 'vitest'
import { type Backend, createInterpreter, type Handle, type PoolOptions } from '../../src/backends/index.ts'
import { type Shape, sizeOf } from '../../src/base/index.ts'
import { type Contract, expectClose, numbers, spikeBytes } from './values.ts'

const sliding = (
  kind: 'average' | 'max',
  kernel: readonly [number, number],
  stride = kernel,
  padding: readonly [number, number] = [0, 0],
): PoolOptions => ({ kind, kernel, stride, padding })

/** Pools whose cells count few spikes, cells that count too many for a byte, and cells that differ. */
const pools: { readonly [name: string]: PoolOptions } = {
  'average 2x2': sliding('average', [2, 2]),
  'average 3x2, stride 1': sliding('average', [3, 2], [1, 1]),
  'average 2x2, padded': sliding('average', [2, 2], [2, 2], [1, 1]),
  'average 1x1': sliding('average', [1, 1]),
  'average 3x3': sliding('average', [3, 3], [2, 2], [1, 1]),
  'average to 3x3': { kind: 'adaptiveAverage', size: [3, 3] },
  'average to 4x4': { kind: 'adaptiveAverage', size: [4, 4] },
  'max 2x2': sliding('max', [2, 2]),
  'max 3x3, padded': sliding('max', [3, 3], [2, 2], [1, 1]),
}

const convolution = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const
const [T, N, size, outputs] = [2, 3, 8, 20]

/** Everything that can be done with pooled spikes, by name. */
function results(b: Backend, options: PoolOptions, channels: number, rate: number): { [name: string]: Handle } {
  const dense = (shape: Shape, key: number) => b.tensor(shape, numbers(sizeOf(shape), key))
  const shape = [T, N, size, size, channels]
  const x = b.spikes(shape, spikeBytes(sizeOf(shape), rate, 90), 1.5)
  const pooled = b.pool(x, options)
  const weight = dense([3, 3, channels, outputs], 91)
  const y = b.conv2d(pooled, weight, null, null, convolution)
  const gradient = dense(y.shape, 92)
  const all = { input: 'full', weight: true, bias: false } as const
  const full = b.conv2dBackward(pooled, weight, gradient, convolution, all)
  const open = b.conv2dBackward(pooled, weight, gradient, convolution, { ...all, input: 'open' })
  const flat = sizeOf(pooled.shape.slice(2))
  const features = dense([flat, 4], 93)
  const answer = b.linear(pooled, features, null)
  const behindLinear = b.linearBackward(pooled, features, dense(answer.shape, 94), all)
  const again = sliding('max', [2, 2])
  const twice = b.pool(pooled, again)
  return {
    pooled,
    convolution: y,
    'weight gradient': full.weight as Handle,
    'gradient of the pool': full.input as Handle,
    'gradient of the spikes': b.poolBackward(x, full.input as Handle, options, 'full'),
    'gradient of the spikes, open': b.poolBackward(x, open.input as Handle, options, 'open'),
    linear: answer,
    'weight gradient of linear': behindLinear.weight as Handle,
    residual: b.conv2d(pooled, dense([1, 1, channels, channels], 95), null, pooled, {
      ...convolution,
      padding: [0, 0],
    }),
    dropped: b.dropout(pooled, 0.4, 96),
    sum: b.add(pooled, dense(pooled.shape, 97)),
    'sum over steps': b.sumSteps(pooled),
    slice: b.slice(pooled, 1, 2),
    concatenation: b.concat([b.slice(pooled, 1, 2), pooled]),
    'under another shape': b.reshape(pooled, [T, N, flat]),
    'pooled again': twice,
    'gradient of the second pool': b.poolBackward(pooled, dense(twice.shape, 98), again, 'full'),
  }
}

/** What becomes of spikes behind a pool, which backends may keep as spikes, as counts or as floats: all the same values. */
export function describePooled({ backend, tolerance }: Contract): void {
  describe('pooled spikes', () => {
    for (const [name, options] of Object.entries(pools)) {
      for (const [channels, rate] of [
        [6, 0.3],
        [16, 0],
        [16, 1],
        [20, 0.3],
        [64, 0.12],
      ]) {
        test(`${name}, ${channels} channels at ${rate}`, async () => {
          const oracle = createInterpreter()
          const expected = results(oracle, options, channels, rate)
          const got = results(backend(), options, channels, rate)
          for (const [part, handle] of Object.entries(got)) {
            const values = await oracle.read(expected[part])
            await expectClose(backend(), handle, expected[part].shape, values, tolerance)
            if (rate === 1 || rate === 0.3) expect(values.some((value) => value !== 0)).toBe(true)
          }
          const [active] = await backend().read(backend().activity(got.pooled))
          expect(active).toBe((await oracle.read(expected.pooled)).filter((value) => value !== 0).length)
          for (const handle of Object.values(got)) backend().release(handle)
        })
      }
    }
  })
}
