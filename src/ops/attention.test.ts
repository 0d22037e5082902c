import { expect, test } from 'vitest'
import { checkGradient } from '../autograd/index.ts'
import { type Backend, createInterpreter, createWasm } from '../backends/index.ts'
import { hashedUniform, ShapeError, sizeOf } from '../base/index.ts'
import { inputTensor, parameterTensor } from '../tensor/index.ts'
import { attention } from './attention.ts'

const shape = [2, 3, 2, 4, 8]
const values = (seed: number) => hashedUniform(sizeOf(shape), seed).map((value) => 2 * value - 1)

/** (Q K^T) V of each step, sample and head, with sums as they are written. */
function byHand(q: ArrayLike<number>, k: ArrayLike<number>, v: ArrayLike<number>, heads: number): Float64Array {
  const [T, N, H, W, C] = shape
  const [places, size] = [H * W, C / heads]
  const result = new Float64Array(sizeOf(shape))
  for (let sample = 0; sample < T * N; sample++)
    for (let h = 0; h < heads; h++) {
      const at = (place: number, c: number) => (sample * places + place) * C + h * size + c
      for (let i = 0; i < places; i++)
        for (let j = 0; j < places; j++) {
          let alike = 0
          for (let c = 0; c < size; c++) alike += q[at(i, c)] * k[at(j, c)]
          for (let c = 0; c < size; c++) result[at(i, c)] += alike * v[at(j, c)]
        }
    }
  return result
}

const backends: [string, () => Promise<Backend>][] = [
  ['interpreter', async () => createInterpreter()],
  ['wasm', () => createWasm()],
]

test.each(backends)('on %s: numbers and spikes, by the sums as they are written', async (name, open) => {
  const backend = await open()
  for (const heads of [1, 2, 4]) {
    const [q, k, v] = [1, 2, 3].map((seed) => Float64Array.from(Float32Array.from(values(seed))))
    const tensors = [q, k, v].map((of) => inputTensor(backend.tensor(shape, of)))
    const y = attention({ backend, tape: null }, tensors[0], tensors[1], tensors[2], heads)
    const got = await backend.read(y.handle)
    byHand(q, k, v, heads).forEach((value, i) => {
      expect(Math.abs(got[i] - value)).toBeLessThan(name === 'wasm' ? 1e-5 : 1e-12)
    })
    const bits = [4, 5, 6].map((seed) => Uint8Array.from(values(seed), (value) => (value > 0 ? 3 : 2)))
    const spikes = bits.map((of) => inputTensor(backend.spikes(shape, of, 1)))
    const fired = attention({ backend, tape: null }, spikes[0], spikes[1], spikes[2], heads)
    const [a, b, c] = bits.map((of) => Float64Array.from(of, (byte) => byte & 1))
    expect([...(await backend.read(fired.handle))]).toEqual([...byHand(a, b, c, heads)])
  }
  await backend.close()
})

test('gradients are those of finite differences', async () => {
  const inputs = [1, 2, 3].map((seed) => ({ shape, values: values(seed) }))
  for (const heads of [1, 4]) {
    const { deviation } = await checkGradient((scope, [q, k, v]) => attention(scope, q, k, v, heads), inputs)
    expect(deviation).toBeLessThan(1e-7)
  }
})

test('unlike shapes and heads that do not divide are refused', () => {
  const backend = createInterpreter()
  const [a, b] = [shape, [2, 3, 2, 4, 4]].map((of) => parameterTensor(backend.tensor(of, null)))
  expect(() => attention({ backend, tape: null }, a, a, b, 2)).toThrow(ShapeError)
  expect(() => attention({ backend, tape: null }, a, a, a, 3)).toThrow(/a multiple of 3 heads/)
})
