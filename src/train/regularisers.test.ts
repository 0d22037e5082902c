import { describe, expect, test } from 'vitest'
import { Tape } from '../autograd/index.ts'
import { type Backend, createInterpreter, createWasm } from '../backends/index.ts'
import { hashedUniform } from '../base/index.ts'
import { iLif, lif } from '../neurons/index.ts'
import { inputTensor } from '../tensor/index.ts'
import { type Regulariser, regularised, regulariserOf } from './regularisers.ts'
import { tickingHost, tinyDatasets, tinyNetwork } from './testing/tiny.ts'
import { train } from './train.ts'

const backends: [string, () => Promise<Backend>][] = [
  ['interpreter', async () => createInterpreter()],
  ['wasm', () => createWasm()],
]

/** Formulas as the documentation has them, of a layer's spikes [T, N, neurons]. */
function byHand({ kind, target, weight }: Regulariser, s: ArrayLike<number>, neurons: number, levels: number): number {
  const each = Array.from({ length: neurons }, () => 0)
  for (let i = 0; i < s.length; i++) each[i % neurons] += (s[i] * neurons) / (s.length * levels)
  if (kind === 'silent') return (weight * each.reduce((sum, r) => sum + Math.max(0, target - r) ** 2, 0)) / neurons
  const r = each.reduce((sum, rate) => sum + rate, 0) / neurons
  if (kind === 'rate') return weight * (r - target) ** 2
  if (kind === 'rate-l1') return weight * Math.abs(r - target)
  return weight * (target * Math.log(target / r) + (1 - target) * Math.log((1 - target) / (1 - r)))
}

describe.each(backends)('regularisers on %s', (_, open) => {
  test.each([
    ['rate:0.1:2', 1],
    ['rate-l1:0.9:0.5', 1],
    ['rate-kl:0.2:3', 1],
    ['silent:0.6:4', 1],
    ['rate:0.1:1', 4],
    ['rate-kl:0.3:1', 4],
  ])('%s with up to %i spikes: value and gradient', async (text, levels) => {
    const b = await open()
    const kind = regulariserOf(text)
    const [T, N, neurons] = [3, 2, 5]
    const values = Float32Array.from(hashedUniform(T * N * neurons, 7), (v) => Math.round(v * levels * 8) / 8)
    const output = { ...inputTensor(b.tensor([T, N, neurons], values)), tracked: true, leaf: true }
    const tape = new Tape(b)
    const loss = { ...inputTensor(b.tensor([1], [0.75])), tracked: true, leaf: true }
    const root = await regularised({ backend: b, tape }, loss, [{ output, levels }], [kind, kind], 2)
    const sum = (s: ArrayLike<number>) => 2 * byHand(kind, s, neurons, levels)
    expect((await b.read(root.handle))[0]).toBeCloseTo(0.75 + sum(values), 5)
    tape.keep(root)
    const gradients = tape.backward(root)
    expect([...(await b.read(gradients.get(loss)!))]).toEqual([1])
    const got = await b.read(gradients.get(output)!)
    const h = 1e-4
    for (let i = 0; i < values.length; i++) {
      const moved = (by: number) => sum(Array.from(values, (v, j) => (i === j ? v + by : v)))
      expect(got[i]).toBeCloseTo((2 * (moved(h) - moved(-h))) / (2 * h), 5)
    }
    await b.close()
  })

  test.each([
    ['lif', lif()],
    ['i-lif', iLif()],
  ])('draw the firing rate of %s to the target', async (_, neuron) => {
    const rate = async (regularise: Regulariser[]) => {
      const options = { host: tickingHost(), T: 3, epochs: 6, batch: 8, seed: 5, validation: 'none' as const }
      const backend = await open()
      const network = tinyNetwork({ neuron, dropout: false })
      const { firingRates } = await train(network, tinyDatasets(), { ...options, backend, regularise })
      return firingRates[0].rate
    }
    const [free, low, high] = [
      await rate([]),
      await rate([regulariserOf('rate:0.02:50')]),
      await rate([regulariserOf('rate:0.6:50')]),
    ]
    expect(low).toBeLessThan(free)
    expect(high).toBeGreaterThan(free)
  })

  test('leave a layer of numbers, and a loss without them, as they are', async () => {
    const b = await open()
    const loss = inputTensor(b.tensor([1], [1]))
    const output = inputTensor(b.tensor([1, 1, 2], [1, 2]))
    const scope = { backend: b, tape: null }
    expect(await regularised(scope, loss, [{ output, levels: 0 }], [regulariserOf('rate:0.1:1')])).toBe(loss)
    expect(await regularised(scope, loss, [{ output, levels: 1 }], [])).toBe(loss)
    await b.close()
  })
})

test('what is out of range is refused before anything is computed', async () => {
  const options = { host: tickingHost(), T: 2, epochs: 1, backend: createInterpreter() }
  for (const text of ['rate:1.5:1', 'rates:0.1:1', 'silent:0.1:0']) {
    const attempt = async () => train(tinyNetwork(), tinyDatasets(), { ...options, regularise: [regulariserOf(text)] })
    await expect(attempt()).rejects.toThrow(/a regulariser out of range/)
  }
})
