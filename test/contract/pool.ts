import { describe, expect, test } from 'vitest'
import type { PoolOptions } from '../../src/backends/index.ts'
import { type Contract, dense, expectClose, type Given, spikes, whereOpen } from './values.ts'

const sliding = (kind: 'average' | 'max', kernel: number, stride: number, padding: number): PoolOptions => ({
  kind,
  kernel: [kernel, kernel],
  stride: [stride, stride],
  padding: [padding, padding],
})

const cases: readonly { x: readonly number[]; options: PoolOptions; size: readonly [number, number] }[] = [
  { x: [2, 2, 4, 6, 5], options: sliding('average', 2, 2, 0), size: [2, 3] },
  { x: [1, 2, 5, 7, 8], options: sliding('average', 3, 2, 1), size: [3, 4] },
  { x: [2, 1, 4, 4, 3], options: { kind: 'average', kernel: [4, 2], stride: [4, 2], padding: [0, 0] }, size: [1, 2] },
  { x: [2, 2, 4, 6, 5], options: sliding('max', 2, 2, 0), size: [2, 3] },
  { x: [1, 1, 5, 5, 17], options: sliding('max', 3, 2, 1), size: [3, 3] },
  { x: [1, 2, 5, 4, 3], options: { kind: 'adaptiveAverage', size: [2, 3] }, size: [2, 3] },
  { x: [2, 1, 1, 2, 4], options: { kind: 'adaptiveAverage', size: [7, 7] }, size: [7, 7] },
]

/** The rows, or columns, that output cell `i` covers, before those outside the image are dropped. */
function cover(options: PoolOptions, axis: 0 | 1, i: number, size: number): number[] {
  if (options.kind === 'adaptiveAverage') {
    const from = Math.floor((i * size) / options.size[axis])
    const to = Math.ceil(((i + 1) * size) / options.size[axis])
    return Array.from({ length: to - from }, (_, k) => from + k)
  }
  const from = i * options.stride[axis] - options.padding[axis]
  return Array.from({ length: options.kernel[axis] }, (_, k) => from + k)
}

export function describePool({ backend, tolerance }: Contract): void {
  describe('pool', () => {
    for (const [k, c] of cases.entries()) {
      const name = `${c.options.kind} ${k}, [${c.x}]`
      test(`${name}, dense`, () => check(c, dense(backend(), c.x, 81)))
      for (const rate of [0, 0.3, 1]) {
        test(`${name}, spikes at ${rate}`, () => check(c, spikes(backend(), c.x, rate, 1.5, 82)))
      }
    }
  })

  async function check({ x: shape, options, size }: (typeof cases)[number], x: Given): Promise<void> {
    const b = backend()
    const [T, N, H, W, C] = shape
    const outShape = [T, N, ...size, C]
    const g = dense(b, outShape, 83)
    const y = new Float64Array(g.values.length)
    const input = new Float64Array(x.values.length)
    let o = 0
    for (let f = 0; f < T * N; f++)
      for (let oy = 0; oy < size[0]; oy++)
        for (let ox = 0; ox < size[1]; ox++)
          for (let c = 0; c < C; c++, o++) {
            const rows = cover(options, 0, oy, H)
            const columns = cover(options, 1, ox, W)
            const inside = rows
              .flatMap((row) => columns.map((column) => [row, column]))
              .filter(([row, column]) => row >= 0 && column >= 0 && row < H && column < W)
              .map(([row, column]) => ((f * H + row) * W + column) * C + c)
            if (options.kind === 'max') {
              const best = inside.find((i) => inside.every((j) => x.values[j] <= x.values[i])) as number
              y[o] = x.values[best]
              input[best] += g.values[o]
            } else
              for (const i of inside) {
                y[o] += x.values[i] / (rows.length * columns.length)
                input[i] += g.values[o] / (rows.length * columns.length)
              }
          }
    await expectClose(b, b.pool(x.handle, options), outShape, y, tolerance)
    await expectClose(b, b.poolBackward(x.handle, g.handle, options, 'full'), shape, input, tolerance)
    await expectClose(b, b.poolBackward(x.handle, g.handle, options, 'open'), shape, whereOpen(input, x), tolerance)
    expect(o).toBe(y.length)
  }
}
