import type { Scope } from '../autograd/index.ts'
import { ShapeError, sameShape, shapeText, sizeOf } from '../base/index.ts'
import { defineNeuron, type Neuron } from '../equations/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { reshape } from './reshape.ts'
import { spiking } from './spiking.ts'

const identity = defineNeuron({ name: 'identity', equations: 's = x' })()

const product = defineNeuron({
  name: 'product',
  learnable: { factor: { start: 1, per: 'stepChannel' } },
  equations: 's = factor * x',
})()

/** The product of a spike and 0 or 1 as a spike. Its surrogate makes the gradient that of the product. */
const both = defineNeuron({
  name: 'both',
  learnable: { factor: { start: 1, per: 'stepChannel' } },
  surrogate: { name: 'straight', alpha: 1, derivative: '1' },
  equations: 's = spike(factor * x - 0.5)',
})()

/**
 * a * b, value by value, with the gradients of a product.
 * @param a [T, N, ...]
 * @param b of the same shape
 * @param options `binary`: both hold nothing but 0 and 1, and the result is a tensor of spikes; default: it is dense
 * @throws ShapeError
 */
export function multiply(scope: Scope, a: Tensor, b: Tensor, options: { readonly binary?: boolean } = {}): Tensor {
  if (!sameShape(a.shape, b.shape)) {
    throw new ShapeError({
      what: 'two tensors of unlike shape cannot be multiplied',
      expected: shapeText(a.shape),
      got: shapeText(b.shape),
    })
  }
  const T = a.shape[0]
  const size = sizeOf(a.shape.slice(1))
  const dense = b.handle.kind === 'dense' ? b : run(scope, identity, b, [])
  const factor = reshape(scope, dense, [T, size])
  const x = reshape(scope, a, [T, 1, size])
  const y = run(scope, options.binary ? both : product, x, [factor])
  const result = reshape(scope, y, a.shape)
  if (!scope.tape)
    for (const made of [factor, x, y, ...(dense === b ? [] : [dense])]) scope.backend.release(made.handle)
  return result
}

/**
 * x times a number.
 * @param x [T or 1, N, ...]
 * @returns dense, of the same shape
 */
export function scale(scope: Scope, x: Tensor, factor: number): Tensor {
  return run(scope, scaling({ factor }), x, [])
}

const scaling = defineNeuron({ name: 'scale', constants: { factor: 1 }, equations: 's = factor * x' })

function run(scope: Scope, neuron: Neuron, x: Tensor, parameters: readonly Tensor[]): Tensor {
  const options = { T: x.shape[0], normalisation: null, state: null, wantState: false }
  return spiking(scope, x, { neuron, parameters, ...options }).output
}
