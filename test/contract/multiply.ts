import { describe, expect, test } from 'vitest'
import { Tape } from '../../src/autograd/index.ts'
import { multiply, scale } from '../../src/ops/index.ts'
import { inputTensor, type Tensor } from '../../src/tensor/index.ts'
import { type Contract, dense, expectClose, type Given, spikes } from './values.ts'

/** Products are made of a backend's neurons; here they are measured as what they are. */
export function describeMultiply({ backend, tolerance }: Contract): void {
  const shape = [3, 2, 3, 2, 5]
  const tracked = ({ handle }: Given): Tensor => ({ ...inputTensor(handle), tracked: true })

  describe('products', () => {
    test.each([
      ['spikes and spikes', true],
      ['numbers and spikes', false],
    ])('of %s, with their gradients', async (_, binary) => {
      const b = backend()
      const left = binary ? spikes(b, shape, 0.4, 1, 301) : dense(b, shape, 302)
      const right = spikes(b, shape, 0.5, 1, 303)
      const gradient = dense(b, shape, 304)
      const tape = new Tape(b)
      const [x, y] = [tracked(left), tracked(right)]
      tape.want(x)
      tape.want(y)
      const product = multiply({ backend: b, tape }, x, y, { binary })
      expect(product.handle.kind).toBe(binary ? 'spikes' : 'dense')
      const times = (one: Float64Array, other: Float64Array) => one.map((value, i) => value * other[i])
      await expectClose(b, product.handle, shape, times(left.values, right.values), tolerance)
      const gradients = tape.backward(product, gradient.handle)
      await expectClose(b, gradients.get(x), shape, times(gradient.values, right.values), tolerance)
      await expectClose(b, gradients.get(y), shape, times(gradient.values, left.values), tolerance)
    })

    test('with a number', async () => {
      const b = backend()
      const x = dense(b, shape, 305)
      const y = scale({ backend: b, tape: null }, inputTensor(x.handle), -3.5)
      await expectClose(
        b,
        y.handle,
        shape,
        x.values.map((value) => -3.5 * value),
        tolerance,
      )
    })
  })
}
