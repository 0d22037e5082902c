import { expect, test } from 'vitest'
import { checkGradient } from '../autograd/index.ts'
import { createInterpreter, createWasm } from '../backends/index.ts'
import { hashedUniform, sizeOf } from '../base/index.ts'
import { inputTensor } from '../tensor/index.ts'
import { groupNorm } from './group-norm.ts'

const values = (shape: readonly number[], seed: number) => hashedUniform(sizeOf(shape), seed).map((v) => 3 * v - 1)

function byHand(x: Float64Array, shape: readonly number[], weight: Float64Array, bias: Float64Array, groups: number) {
  const C = shape[shape.length - 1]
  const places = sizeOf(shape.slice(2)) / C
  const result = new Float64Array(x.length)
  for (let row = 0; row < shape[0] * shape[1]; row++)
    for (let group = 0; group < groups; group++) {
      const members = Array.from({ length: (places * C) / groups }, (_, i) => {
        const place = Math.floor((i * groups) / C)
        return (row * places + place) * C + (group * C) / groups + (i % (C / groups))
      })
      const mean = members.reduce((sum, i) => sum + x[i], 0) / members.length
      const variance = members.reduce((sum, i) => sum + (x[i] - mean) ** 2, 0) / members.length
      for (const i of members) result[i] = (weight[i % C] * (x[i] - mean)) / Math.sqrt(variance + 1e-5) + bias[i % C]
    }
  return result
}

test.each([
  [[2, 2, 3, 2, 8], 4],
  [[2, 3, 6], 1],
  [[1, 2, 4, 4, 4], 1],
  [[3, 1, 2, 2, 6], 6],
])('over %j in %i groups: values on every kind of code, and gradients', async (shape, groups) => {
  const C = shape[shape.length - 1]
  const [x, weight, bias] = [values(shape, 1), values([C], 2), values([C], 3)]
  const expected = byHand(x, shape, weight, bias, groups)
  for (const [backend, tolerance] of [
    [createInterpreter(), 1e-11],
    [await createWasm(), 2e-5],
  ] as const) {
    const [a, w, b] = [backend.tensor(shape, x), backend.tensor([C], weight), backend.tensor([C], bias)].map(
      inputTensor,
    )
    const y = await backend.read(groupNorm({ backend, tape: null }, a, w, b, groups).handle)
    expected.forEach((value, i) => void expect(Math.abs(y[i] - value)).toBeLessThan(tolerance))
    await backend.close()
  }
  const inputs = [
    { shape, values: x },
    { shape: [C], values: weight },
    { shape: [C], values: bias },
  ]
  const { deviation } = await checkGradient((scope, [a, w, b]) => groupNorm(scope, a, w, b, groups), inputs)
  expect(deviation).toBeLessThan(1e-6)
})

test('channels that groups do not divide are refused', () => {
  const backend = createInterpreter()
  const [x, c] = [[1, 1, 6], [6]].map((shape) => inputTensor(backend.tensor(shape, null)))
  expect(() => groupNorm({ backend, tape: null }, x, c, c, 4)).toThrow(/a multiple of 4 channels/)
})
