import { describe, test } from 'vitest'
import type { Conv2dOptions } from '../../src/backends/index.ts'
import { sizeOf } from '../../src/base/index.ts'
import { type Contract, dense, expectClose, type Given, spikes, whereOpen } from './values.ts'

interface Case {
  readonly name: string
  /** [T, N, H, W, C] */
  readonly x: readonly number[]
  /** [kh, kw, C / groups, out] */
  readonly weight: readonly number[]
  readonly stride?: readonly [number, number]
  readonly padding?: readonly [number, number]
  readonly dilation?: readonly [number, number]
  readonly groups?: number
}

const cases: readonly Case[] = [
  { name: '1x1', x: [2, 2, 3, 4, 5], weight: [1, 1, 5, 7] },
  { name: '3x3 padded', x: [2, 1, 6, 5, 16], weight: [3, 3, 16, 32], padding: [1, 1] },
  { name: '3x3 of a wide layer', x: [1, 2, 4, 5, 64], weight: [3, 3, 64, 64], padding: [1, 1] },
  { name: '5x5, stride 2', x: [2, 2, 9, 7, 3], weight: [5, 5, 3, 8], stride: [2, 2], padding: [1, 1] },
  {
    name: '3x2, unlike strides and paddings',
    x: [1, 2, 7, 6, 4],
    weight: [3, 2, 4, 6],
    stride: [2, 1],
    padding: [2, 0],
  },
  { name: 'dilated', x: [1, 1, 9, 8, 3], weight: [3, 3, 3, 5], dilation: [2, 3], padding: [1, 2] },
  { name: 'grouped', x: [2, 1, 5, 5, 6], weight: [3, 3, 2, 9], groups: 3, padding: [1, 1] },
  { name: 'depthwise', x: [1, 2, 5, 4, 6], weight: [3, 3, 1, 6], groups: 6, padding: [1, 1], stride: [2, 2] },
  { name: '1x1 with stride', x: [1, 2, 7, 7, 8], weight: [1, 1, 8, 16], stride: [2, 2] },
  { name: 'odd channel counts', x: [3, 1, 4, 4, 13], weight: [3, 3, 13, 21], padding: [1, 1] },
]

function optionsOf(c: Case): Conv2dOptions {
  return {
    stride: c.stride ?? [1, 1],
    padding: c.padding ?? [0, 0],
    dilation: c.dilation ?? [1, 1],
    groups: c.groups ?? 1,
  }
}

function outputShape(c: Case): number[] {
  const { stride, padding, dilation } = optionsOf(c)
  const side = (axis: 0 | 1) =>
    Math.floor((c.x[2 + axis] + 2 * padding[axis] - dilation[axis] * (c.weight[axis] - 1) - 1) / stride[axis]) + 1
  return [c.x[0], c.x[1], side(0), side(1), c.weight[3]]
}

/** Every product in the definition of a convolution: positions in output, input and weight. */
function forEachProduct(c: Case, visit: (o: number, i: number, w: number) => void): void {
  const [T, N, H, W, C] = c.x
  const [kh, kw, groupIn, K] = c.weight
  const { stride, padding, dilation, groups } = optionsOf(c)
  const [, , Ho, Wo] = outputShape(c)
  for (let f = 0; f < T * N; f++)
    for (let oy = 0; oy < Ho; oy++)
      for (let ox = 0; ox < Wo; ox++)
        for (let k = 0; k < K; k++)
          for (let a = 0; a < kh; a++)
            for (let b = 0; b < kw; b++)
              for (let c0 = 0; c0 < groupIn; c0++) {
                const y = oy * stride[0] + a * dilation[0] - padding[0]
                const x = ox * stride[1] + b * dilation[1] - padding[1]
                if (y < 0 || x < 0 || y >= H || x >= W) continue
                const channel = Math.floor(k / (K / groups)) * groupIn + c0
                visit(
                  ((f * Ho + oy) * Wo + ox) * K + k,
                  ((f * H + y) * W + x) * C + channel,
                  ((a * kw + b) * groupIn + c0) * K + k,
                )
              }
}

export function describeConvolution({ backend, tolerance }: Contract): void {
  describe('conv2d', () => {
    for (const c of cases) {
      const inputs: [string, () => Given][] = [
        ['dense', () => dense(backend(), c.x, 11)],
        ...[0, 0.15, 1].map((rate): [string, () => Given] => [
          `spikes at ${rate}`,
          () => spikes(backend(), c.x, rate, rate === 0.15 ? 1.25 : 1, 12),
        ]),
      ]
      for (const [kind, make] of inputs) {
        test(`${c.name}, ${kind}`, () => check(c, make()))
      }
    }

    test('a residual of spikes, or of one frame for all steps', async () => {
      const c = cases[1]
      const shape = outputShape(c)
      const x = spikes(backend(), c.x, 0.2, 1, 21)
      const weight = dense(backend(), c.weight, 22)
      const plain = forward(c, x, weight.values, null)
      const past = spikes(backend(), shape, 0.5, 1, 23)
      const frame = dense(backend(), [1, ...shape.slice(1)], 24)
      for (const residual of [past, frame]) {
        const y = backend().conv2d(x.handle, weight.handle, null, residual.handle, optionsOf(c))
        const expected = plain.map((value, i) => value + residual.values[i % residual.values.length])
        await expectClose(backend(), y, shape, expected, tolerance)
      }
    })
  })

  function forward(c: Case, x: Given, weight: Float64Array, bias: Float64Array | null): Float64Array {
    const y = new Float64Array(sizeOf(outputShape(c)))
    if (bias) for (let i = 0; i < y.length; i++) y[i] = bias[i % bias.length]
    forEachProduct(c, (o, i, w) => {
      y[o] += x.values[i] * weight[w]
    })
    return y
  }

  async function check(c: Case, x: Given): Promise<void> {
    const b = backend()
    const options = optionsOf(c)
    const shape = outputShape(c)
    const weight = dense(b, c.weight, 13)
    const bias = dense(b, [c.weight[3]], 14)
    const y = b.conv2d(x.handle, weight.handle, bias.handle, null, options)
    await expectClose(b, y, shape, forward(c, x, weight.values, bias.values), tolerance)

    const g = dense(b, shape, 15)
    const expected = {
      input: new Float64Array(x.values.length),
      weight: new Float64Array(weight.values.length),
      bias: new Float64Array(bias.values.length),
    }
    forEachProduct(c, (o, i, w) => {
      expected.input[i] += g.values[o] * weight.values[w]
      expected.weight[w] += g.values[o] * x.values[i]
    })
    g.values.forEach((value, o) => {
      expected.bias[o % bias.values.length] += value
    })
    const all = { input: 'full', weight: true, bias: true } as const
    const full = b.conv2dBackward(x.handle, weight.handle, g.handle, options, all)
    await expectClose(b, full.input, c.x, expected.input, tolerance)
    await expectClose(b, full.weight, c.weight, expected.weight, tolerance)
    await expectClose(b, full.bias, [c.weight[3]], expected.bias, tolerance)
    const some = { input: 'open', weight: false, bias: false } as const
    const open = b.conv2dBackward(x.handle, weight.handle, g.handle, options, some)
    await expectClose(b, open.input, c.x, whereOpen(expected.input, x), tolerance)
    if (open.weight !== null || open.bias !== null) throw new Error('gradients that nobody asked for')
  }
}
