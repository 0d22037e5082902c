import { describe, expect, test } from 'vitest'
import { checkGradient, Tape } from '../autograd/index.ts'
import { createInterpreter, createWasm } from '../backends/index.ts'
import { hashedUniform, ShapeError } from '../base/index.ts'
import { inputTensor, parameterTensor, tensorOf } from '../tensor/index.ts'
import { multiply, scale } from './multiply.ts'

const shape = [3, 2, 3, 2, 5]
const size = 180
const values = (seed: number) => hashedUniform(size, seed).map((value) => 2 * value - 1)
const bits = (seed: number) => Uint8Array.from(hashedUniform(size, seed), (value) => (value < 0.4 ? 1 : 0))

test('a product of numbers, and its gradients against finite differences', async () => {
  const inputs = [1, 2].map((seed) => ({ shape, values: values(seed) }))
  const { deviation } = await checkGradient((scope, [a, b]) => multiply(scope, a, b), inputs)
  expect(deviation).toBeLessThan(1e-8)
  const scaled = await checkGradient((scope, [a]) => scale(scope, a, -3.5), inputs.slice(0, 1))
  expect(scaled.deviation).toBeLessThan(1e-8)
})

describe.each([
  ['interpreter', async () => createInterpreter()],
  ['wasm', async () => createWasm({ threads: 2 })],
])('on %s', (_, create) => {
  test('spikes times spikes are spikes where both are, with the gradients of a product', async () => {
    const backend = await create()
    const [left, right, gradient] = [bits(3), bits(4), values(5)]
    const tape = new Tape(backend)
    const [a, b] = [left, right].map((bytes) => ({ ...inputTensor(backend.spikes(shape, bytes, 1)), tracked: true }))
    tape.want(a)
    tape.want(b)
    const y = multiply({ backend, tape }, a, b, { binary: true })
    expect(y.handle.kind).toBe('spikes')
    expect([...(await backend.read(y.handle))]).toEqual([...left].map((bit, i) => bit * right[i]))
    const gradients = tape.backward(y, backend.tensor(shape, gradient))
    const read = async (of: typeof a) => [...(await backend.read(gradients.get(of) as never))]
    const expected = (other: Uint8Array) => [...gradient].map((g, i) => Math.fround(g) * other[i] + 0)
    for (const [of, other] of [
      [a, right],
      [b, left],
    ] as const)
      (await read(of)).forEach((value, i) => {
        expect(value).toBeCloseTo(expected(other)[i], 6)
      })
    await backend.close()
  })

  test('numbers times numbers, and times spikes', async () => {
    const backend = await create()
    const [a, b] = [values(6), values(7)]
    const scope = { backend, tape: null }
    const tensors = [a, b].map((numbers) => tensorOf(backend, shape, numbers))
    const spikes = inputTensor(backend.spikes(shape, bits(8), 1))
    const y = multiply(scope, tensors[0], tensors[1])
    ;(await backend.read(y.handle)).forEach((value, i) => {
      expect(value).toBeCloseTo(a[i] * b[i], 6)
    })
    const mixed = multiply(scope, tensors[0], spikes)
    ;(await backend.read(mixed.handle)).forEach((value, i) => {
      expect(value).toBeCloseTo(a[i] * bits(8)[i], 6)
    })
    await backend.close()
  })
})

test('unlike shapes are refused', () => {
  const backend = createInterpreter()
  const [a, b] = [
    [2, 1, 3],
    [2, 1, 4],
  ].map((of) => parameterTensor(backend.tensor(of, null)))
  expect(() => multiply({ backend, tape: null }, a, b)).toThrow(ShapeError)
})
