import { record, type Scope } from '../autograd/index.ts'
import type { Backend, Conv2dOptions, Handle } from '../backends/index.ts'
import { ShapeError, sameShape, shapeText } from '../base/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * Self-attention without softmax, for each step, sample and head: with queries, keys and values as matrices of places by
 * channels, Q (K^T V), which is (Q K^T) V. Keys and values make the weights of a 1x1 convolution with a group for each head, as
 * its weight gradient is made; the queries pass it. So every backend computes it with the kernels of layers, spikes as events.
 * @param q [T, N, H, W, C]; k and v of the same shape
 * @param heads a divisor of C
 * @returns [T, N, H, W, C], dense
 * @throws ShapeError
 * @see Zhou et al., Spikformer, ICLR 2023
 */
export function attention(scope: Scope, q: Tensor, k: Tensor, v: Tensor, heads: number): Tensor {
  checkShapes(q, k, v, heads)
  const { backend } = scope
  const [T, N, H, W, C] = q.shape
  const options: Conv2dOptions = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: heads }
  const weightShape = [1, 1, C / heads, C]
  const samples = T * N
  const each = cutter(backend, [samples, 1, H, W, C])
  const zero = backend.tensor(weightShape, null)
  const made: Handle[] = []
  const outputs: Handle[] = []
  each([q.handle, k.handle, v.handle], ([query, key, value]) => {
    const dense = backend.sumSteps(value)
    const want = { input: 'none', weight: true, bias: false } as const
    const weight = backend.conv2dBackward(key, zero, dense, options, want).weight as Handle
    outputs.push(backend.conv2d(query, weight, null, null, options))
    made.push(weight)
    backend.release(dense)
  })
  backend.release(zero)
  const [y] = record(scope, {
    name: 'attention',
    inputs: [q, k, v],
    outputs: [together(backend, outputs, q.shape)],
    saved: made,
    backward: ([g]) => {
      if (!g) return []
      const gradients: [Handle[], Handle[], Handle[]] = [[], [], []]
      let at = 0
      each([q.handle, k.handle, v.handle, g], ([query, key, value, gradient]) => {
        const weight = made[at++]
        const passed = backend.conv2dBackward(query, weight, gradient, options, {
          ...{ input: 'full', weight: true, bias: false },
        })
        const toWeight = passed.weight as Handle
        const dense = backend.sumSteps(value)
        const toKey = backend.conv2dBackward(key, toWeight, dense, options, {
          ...{ input: 'full', weight: false, bias: false },
        })
        gradients[0].push(passed.input as Handle)
        gradients[1].push(toKey.input as Handle)
        gradients[2].push(backend.conv2d(key, toWeight, null, null, options))
        for (const handle of [toWeight, dense]) backend.release(handle)
      })
      return gradients.map((parts) => together(backend, parts, q.shape))
    },
  })
  return y
}

function checkShapes(q: Tensor, k: Tensor, v: Tensor, heads: number): void {
  const channels = q.shape[q.shape.length - 1]
  if (q.shape.length === 5 && [k, v].every(({ shape }) => sameShape(shape, q.shape)) && channels % heads === 0) return
  throw new ShapeError({
    what: 'queries, keys and values do not fit each other',
    expected: `three tensors [T, N, H, W, C], C a multiple of ${heads} heads`,
    got: [q, k, v].map(({ shape }) => shapeText(shape)).join(', '),
  })
}

/** Runs work on one step and sample after the other of several tensors. */
function cutter(backend: Backend, rows: readonly number[]) {
  return (handles: readonly Handle[], work: (parts: readonly Handle[]) => void): void => {
    const flat = handles.map((handle) => backend.reshape(handle, rows))
    for (let i = 0; i < rows[0]; i++) {
      const parts = flat.map((handle) => backend.slice(handle, i, i + 1))
      work(parts)
      for (const part of parts) backend.release(part)
    }
    for (const handle of flat) backend.release(handle)
  }
}

/** Parts one after the other, under a shape; the parts are released. */
function together(backend: Backend, parts: readonly Handle[], shape: readonly number[]): Handle {
  const joined = backend.concat(parts)
  const whole = backend.reshape(joined, shape)
  for (const handle of [...parts, joined]) backend.release(handle)
  return whole
}
