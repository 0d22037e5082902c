import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../src/base/index.ts'
import { type Contract, dense, expectClose, type Given, spikes, whereOpen } from './values.ts'

const cases = [
  { x: [2, 3, 5], outputs: 4 },
  { x: [1, 2, 64], outputs: 10 },
  { x: [3, 2, 2, 3, 4], outputs: 7 },
]

export function describeLinear({ backend, tolerance }: Contract): void {
  describe('linear', () => {
    for (const { x, outputs } of cases) {
      test(`[${x}] to ${outputs}, dense`, () => check(dense(backend(), x, 31), outputs))
      for (const rate of [0, 0.3, 1]) {
        test(`[${x}] to ${outputs}, spikes at ${rate}`, () => check(spikes(backend(), x, rate, 0.75, 32), outputs))
      }
    }
  })

  async function check(x: Given, outputs: number): Promise<void> {
    const b = backend()
    const features = sizeOf(x.shape.slice(2))
    const rows = x.shape[0] * x.shape[1]
    const weight = dense(b, [features, outputs], 33)
    const bias = dense(b, [outputs], 34)
    const shape = [x.shape[0], x.shape[1], outputs]
    const g = dense(b, shape, 35)
    const y = new Float64Array(rows * outputs)
    const input = new Float64Array(rows * features)
    const weightGradient = new Float64Array(features * outputs)
    const biasGradient = new Float64Array(outputs)
    for (let r = 0; r < rows; r++)
      for (let k = 0; k < outputs; k++) {
        y[r * outputs + k] += bias.values[k]
        biasGradient[k] += g.values[r * outputs + k]
        for (let i = 0; i < features; i++) {
          y[r * outputs + k] += x.values[r * features + i] * weight.values[i * outputs + k]
          input[r * features + i] += g.values[r * outputs + k] * weight.values[i * outputs + k]
          weightGradient[i * outputs + k] += g.values[r * outputs + k] * x.values[r * features + i]
        }
      }
    await expectClose(b, b.linear(x.handle, weight.handle, bias.handle), shape, y, tolerance)
    const all = { input: 'full', weight: true, bias: true } as const
    const full = b.linearBackward(x.handle, weight.handle, g.handle, all)
    await expectClose(b, full.input, x.shape, input, tolerance)
    await expectClose(b, full.weight, [features, outputs], weightGradient, tolerance)
    await expectClose(b, full.bias, [outputs], biasGradient, tolerance)
    const some = { input: 'open', weight: false, bias: false } as const
    const open = b.linearBackward(x.handle, weight.handle, g.handle, some)
    await expectClose(b, open.input, x.shape, whereOpen(input, x), tolerance)
    expect([open.weight, open.bias]).toEqual([null, null])
  }
}
