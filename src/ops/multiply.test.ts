import { expect, test } from 'vitest'
import { checkGradient } from '../autograd/index.ts'
import { createInterpreter } from '../backends/index.ts'
import { hashedUniform, ShapeError } from '../base/index.ts'
import { parameterTensor } from '../tensor/index.ts'
import { multiply, scale } from './multiply.ts'

const shape = [3, 2, 3, 2, 5]
const size = 180
const values = (seed: number) => hashedUniform(size, seed).map((value) => 2 * value - 1)

test('a product of numbers, and its gradients against finite differences', async () => {
  const inputs = [1, 2].map((seed) => ({ shape, values: values(seed) }))
  const { deviation } = await checkGradient((scope, [a, b]) => multiply(scope, a, b), inputs)
  expect(deviation).toBeLessThan(1e-8)
  const scaled = await checkGradient((scope, [a]) => scale(scope, a, -3.5), inputs.slice(0, 1))
  expect(scaled.deviation).toBeLessThan(1e-8)
})

test('unlike shapes are refused', () => {
  const backend = createInterpreter()
  const [a, b] = [
    [2, 1, 3],
    [2, 1, 4],
  ].map((of) => parameterTensor(backend.tensor(of, null)))
  expect(() => multiply({ backend, tape: null }, a, b)).toThrow(ShapeError)
})
