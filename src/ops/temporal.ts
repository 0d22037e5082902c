import { record, type Scope } from '../autograd/index.ts'
import type { Backend, Handle, NeuronCall } from '../backends/index.ts'
import { type Shape, ShapeError, shapeText, sizeOf } from '../base/index.ts'
import { defineNeuron, type TemporalMixing } from '../equations/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * A linear map over time, the same for every neuron: H[t] = sum over j of W[t, j] X[j].
 * @param x dense [T, N, ...]
 * @param weight [T, T], or [k] where all steps share their weights, the latest input's last
 * @returns [T, N, ...]
 * @throws ShapeError
 */
export function temporal(scope: Scope, x: Tensor, weight: Tensor, mixing: TemporalMixing): Tensor {
  const T = x.shape[0]
  check(x.shape, weight.shape, mixing)
  const { backend } = scope
  const matrix = matrixOf(backend, weight.handle, mixing, T)
  const [y] = record(scope, {
    name: 'temporal',
    inputs: [x, weight],
    outputs: [mixed(backend, matrix, x.handle, x.shape)],
    saved: [matrix],
    backward: ([g], need) => {
      if (!g) return []
      const columns = backend.reshape(x.handle, [T, sizeOf(x.shape.slice(1))])
      const gradient = backend.reshape(g, [1, ...columns.shape])
      const want = { input: need[1], weight: need[0] !== 'none', bias: false }
      const r = backend.linearBackward(matrix, columns, gradient, want)
      for (const view of [columns, gradient]) backend.release(view)
      return [
        r.weight && renamed(backend, r.weight, x.shape),
        r.input && weightGradient(backend, r.input, weight.handle, mixing, T),
      ]
    },
  })
  return y
}

/**
 * Weights [1, out, in] times x [in, ...], for every neuron alike: a linear layer whose weight is the sequence.
 * @returns of the given shape
 */
export function mixed(backend: Backend, weights: Handle, x: Handle, shape: Shape): Handle {
  const columns = backend.reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))])
  const product = backend.linear(weights, columns, null)
  backend.release(columns)
  return renamed(backend, product, shape)
}

/** The same values under another shape; the given handle is released. */
function renamed(backend: Backend, handle: Handle, shape: Shape): Handle {
  const view = backend.reshape(handle, shape)
  backend.release(handle)
  return view
}

/** [1, T, T]: the weights of every step, 0 where an input does not count. */
function matrixOf(backend: Backend, weight: Handle, mixing: TemporalMixing, T: number): Handle {
  if (mixing.kind === 'full') return backend.reshape(weight, [1, T, T])
  if (mixing.kind === 'masked') return masked(backend, weight, mixing.k, T)
  const places = backend.tensor([mixing.k, T * T], placesOf(mixing.k, T))
  const row = backend.reshape(weight, [1, 1, mixing.k])
  const matrix = backend.linear(row, places, null)
  for (const handle of [places, row]) backend.release(handle)
  return renamed(backend, matrix, [1, T, T])
}

/** From dL/dW of the matrix to that of the weights. */
function weightGradient(backend: Backend, matrix: Handle, weight: Handle, mixing: TemporalMixing, T: number): Handle {
  if (mixing.kind === 'full') return renamed(backend, matrix, [T, T])
  if (mixing.kind === 'masked') {
    const gradient = masked(backend, matrix, mixing.k, T)
    backend.release(matrix)
    return renamed(backend, gradient, [T, T])
  }
  const places = backend.tensor([mixing.k, T * T], placesOf(mixing.k, T))
  const row = backend.reshape(weight, [1, 1, mixing.k])
  const g = renamed(backend, matrix, [1, 1, T * T])
  const { input } = backend.linearBackward(row, places, g, { input: 'full', weight: false, bias: false })
  for (const handle of [places, row, g]) backend.release(handle)
  return renamed(backend, input as Handle, [mixing.k])
}

/** For each shared weight, its places in the matrix: [k, T T] of zeros and ones. */
function placesOf(k: number, T: number): Float64Array {
  const places = new Float64Array(k * T * T)
  for (let t = 0; t < T; t++)
    for (let j = Math.max(0, t - k + 1); j <= t; j++) places[(k - 1 - t + j) * T * T + t * T + j] = 1
  return places
}

/** A factor for each step (row) and channel (column): the neuron that a mask is applied with. */
const masking = defineNeuron({
  name: 'mask',
  learnable: { factor: { start: 1, per: 'stepChannel' } },
  equations: 's = factor * x',
})()

/** [T, T] without what is older than the k latest inputs, as [1, T, T]. */
function masked(backend: Backend, matrix: Handle, k: number, T: number): Handle {
  const kept = Float64Array.from({ length: T * T }, (_, i) => {
    const age = Math.floor(i / T) - (i % T)
    return age >= 0 && age < k ? 1 : 0
  })
  const mask = backend.tensor([T, T], kept)
  const rows = backend.reshape(matrix, [T, 1, T])
  const call: NeuronCall = {
    neuron: masking,
    T,
    parameters: [mask],
    normalisation: null,
    state: null,
    wantState: false,
    wantBackward: false,
  }
  const { output } = backend.neuron(rows, call)
  for (const handle of [mask, rows]) backend.release(handle)
  return renamed(backend, output, [1, T, T])
}

function check(x: Shape, weight: Shape, mixing: TemporalMixing): void {
  const expected = mixing.kind === 'sliding' ? [mixing.k] : [x[0], x[0]]
  if (shapeText(weight) === shapeText(expected)) return
  throw new ShapeError({
    what: 'a linear map over time was made for another number of steps',
    expected: `weights ${shapeText(expected)}, for x = ${shapeText(x)}`,
    got: shapeText(weight),
    next: 'Build the network with the T that it is run with.',
  })
}
