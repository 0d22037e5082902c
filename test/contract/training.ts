import { describe, expect, test } from 'vitest'
import type { LossOptions, LossReduction } from '../../src/backends/index.ts'
import { type Contract, dense, expectClose, numbers, numericGradient } from './values.ts'

/** The loss by its definition. */
function written(logits: Float64Array, T: number, N: number, K: number, targets: Float64Array, o: LossOptions): number {
  const size = N * K
  const step = (t: number) => logits.slice(t * size, (t + 1) * size)
  const over = (f: (values: number[]) => number) =>
    Float64Array.from({ length: size }, (_, i) => f(Array.from({ length: T }, (_, t) => logits[t * size + i])))
  const rows: { readonly [reduction in LossReduction]: () => Float64Array[] } = {
    step: () => Array.from({ length: T }, (_, t) => step(t)),
    mean: () => [over((v) => v.reduce((a, b) => a + b) / T)],
    sum: () => [over((v) => v.reduce((a, b) => a + b))],
    max: () => [over((v) => Math.max(...v))],
    last: () => [step(T - 1)],
  }
  const groups = rows[o.reduction]()
  let entropy = 0
  let squares = 0
  for (const values of groups)
    for (let i = 0; i < size; i++) {
      const row = values.slice(Math.floor(i / K) * K, Math.floor(i / K) * K + K)
      const sum = row.reduce((a, b) => a + Math.exp(b), 0)
      entropy -= targets[i] * Math.log(Math.exp(values[i]) / sum)
      const { squaredErrorTo: to } = o
      squares += (values[i] - (typeof to === 'number' ? to : to.off + targets[i] * (to.on - to.off))) ** 2
    }
  return (o.crossEntropy * entropy) / (groups.length * N) + (o.squaredError * squares) / (groups.length * size)
}

export function describeTraining({ backend, tolerance }: Contract): void {
  describe('loss', () => {
    for (const reduction of ['step', 'mean', 'sum', 'max', 'last'] as const)
      for (const squaredErrorTo of [1, { off: 0.2, on: 0.8 }])
        for (const T of [1, 4]) {
          const to = typeof squaredErrorTo === 'number' ? 'a constant' : 'targets'
          test(`${reduction}, squared error to ${to}, T = ${T}`, () => checkLoss({ reduction, squaredErrorTo }, T))
        }

    test('large logits do not overflow', async () => {
      const b = backend()
      const options = { reduction: 'step', crossEntropy: 1, squaredError: 0, squaredErrorTo: 0 } as const
      const { loss } = b.loss(b.tensor([1, 1, 2], [1000, 0]), b.tensor([1, 2], [0, 1]), options)
      expect((await b.read(loss))[0]).toBeCloseTo(1000, 3)
    })
  })

  async function checkLoss(given: Pick<LossOptions, 'reduction' | 'squaredErrorTo'>, T: number): Promise<void> {
    const b = backend()
    const [N, K] = [3, 5]
    const options = { ...given, crossEntropy: 0.7, squaredError: 0.3 }
    const logits = dense(b, [T, N, K], 111)
    const targets = numbers(N * K, 112).map((v, i) => (i % K === (i * 7) % 3 ? 1 : Math.abs(v) / 10))
    const value = (values: Float64Array) => [written(values, T, N, K, targets, options)]
    const result = b.loss(logits.handle, b.tensor([N, K], targets), options)
    await expectClose(b, result.loss, [1], value(logits.values), tolerance)
    const gradient = numericGradient(value, logits.values, [1])
    await expectClose(b, result.gradient, [T, N, K], gradient, Math.max(tolerance, 1e-8))
  }

  describe('updates', () => {
    test('accumulate and scale', async () => {
      const b = backend()
      const x = dense(b, [2, 3], 113)
      const y = dense(b, [2, 3], 114)
      b.accumulate(x.handle, y.handle, -0.5)
      b.scale(x.handle, 3)
      await expectClose(
        b,
        x.handle,
        [2, 3],
        x.values.map((v, i) => 3 * (v - 0.5 * y.values[i])),
        tolerance,
      )
    })

    test('clipNorm scales to a joint norm, or only measures', async () => {
      const b = backend()
      const parts = [dense(b, [7], 115), dense(b, [3, 2], 116)]
      const handles = parts.map((p) => p.handle)
      const norm = Math.sqrt(parts.flatMap((p) => [...p.values]).reduce((sum, v) => sum + v * v, 0))
      await expectClose(b, b.clipNorm(handles, Number.POSITIVE_INFINITY), [1], [norm], tolerance)
      await expectClose(b, parts[0].handle, [7], parts[0].values, tolerance)
      await expectClose(b, b.clipNorm(handles, norm / 2), [1], [norm], tolerance)
      for (const p of parts)
        await expectClose(
          b,
          p.handle,
          p.shape,
          p.values.map((v) => v / 2),
          tolerance,
        )
    })

    for (const nesterov of [false, true])
      test(`sgd with momentum${nesterov ? ', Nesterov' : ''}`, async () => {
        const b = backend()
        const p = dense(b, [11], 117)
        const velocity = b.tensor([11], null)
        const o = { learningRate: 0.1, momentum: 0.9, nesterov, weightDecay: 0.01 }
        const expected = p.values.slice()
        const v = new Float64Array(11)
        for (const key of [118, 119]) {
          const g = dense(b, [11], key)
          b.sgd(p.handle, g.handle, velocity, o)
          for (let i = 0; i < 11; i++) {
            const change = g.values[i] + 0.01 * expected[i]
            v[i] = 0.9 * v[i] + change
            expected[i] -= 0.1 * (nesterov ? change + 0.9 * v[i] : v[i])
          }
        }
        await expectClose(b, p.handle, [11], expected, tolerance)
        await expectClose(b, velocity, [11], v, tolerance)
      })

    test('sgd without momentum needs no velocity', async () => {
      const b = backend()
      const p = dense(b, [5], 120)
      const g = dense(b, [5], 121)
      b.sgd(p.handle, g.handle, null, { learningRate: 0.5, momentum: 0, nesterov: false, weightDecay: 0 })
      await expectClose(
        b,
        p.handle,
        [5],
        p.values.map((v, i) => v - 0.5 * g.values[i]),
        tolerance,
      )
    })

    test('an update whose guard is not finite changes nothing', async () => {
      const b = backend()
      const g = dense(b, [4], 126)
      const p = dense(b, [4], 127)
      const [first, second] = [b.tensor([4], null), b.tensor([4], null)]
      const o = { learningRate: 0.5, momentum: 0.9, nesterov: false, weightDecay: 0.1 }
      const adam = { learningRate: 0.5, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1, update: 1 }
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const guards = [b.tensor([1], [1]), b.tensor([1], [bad])]
        b.sgd(p.handle, g.handle, first, o, guards)
        b.adamW(p.handle, g.handle, first, second, adam, guards)
        await expectClose(b, p.handle, [4], p.values, tolerance)
        for (const memory of [first, second]) expect(Array.from(await b.read(memory))).toEqual([0, 0, 0, 0])
      }
      b.sgd(p.handle, g.handle, null, { ...o, momentum: 0 }, [b.tensor([1], [1])])
      const expected = p.values.map((v, i) => v - 0.5 * (g.values[i] + 0.1 * v))
      await expectClose(b, p.handle, [4], expected, tolerance)
    })

    test('adamW decays weights apart from the gradient', async () => {
      const b = backend()
      const p = dense(b, [9], 122)
      const [first, second] = [b.tensor([9], null), b.tensor([9], null)]
      const expected = p.values.slice()
      const [m, v] = [new Float64Array(9), new Float64Array(9)]
      for (const update of [1, 2, 3]) {
        const g = dense(b, [9], 122 + update)
        const o = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1, update }
        b.adamW(p.handle, g.handle, first, second, o)
        for (let i = 0; i < 9; i++) {
          m[i] = 0.9 * m[i] + 0.1 * g.values[i]
          v[i] = 0.99 * v[i] + 0.01 * g.values[i] ** 2
          const move = m[i] / (1 - 0.9 ** update) / (Math.sqrt(v[i] / (1 - 0.99 ** update)) + 1e-8)
          expected[i] = expected[i] * (1 - 0.01 * 0.1) - 0.01 * move
        }
      }
      await expectClose(b, p.handle, [9], expected, tolerance)
    })
  })
}
