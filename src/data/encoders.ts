import type { Backend } from '../backends/index.ts'
import { hash32, type Shape, ShapeError, sizeOf } from '../base/index.ts'
import { inputTensor, type Tensor, tensorOf } from '../tensor/index.ts'

/** Frames [N, ...] turned into a sequence: values [T or 1, N, ...], or spike bytes. */
export type Encoded =
  | { readonly kind: 'dense'; readonly shape: Shape; readonly values: ArrayLike<number> }
  | { readonly kind: 'spikes'; readonly shape: Shape; readonly bytes: Uint8Array }

/** An encoded sequence on a backend. */
export function place(backend: Backend, encoded: Encoded): Tensor {
  if (encoded.kind === 'dense') return tensorOf(backend, encoded.shape, encoded.values)
  return inputTensor(backend.spikes(encoded.shape, encoded.bytes, 1))
}

/** The same frame at every step, computed once where nothing before the first neuron differs. */
export function direct(values: ArrayLike<number>, shape: Shape): Encoded {
  checkSize(values, shape)
  return { kind: 'dense', shape: [1, ...shape], values }
}

/**
 * The frames of recordings, one a step.
 * @param values [N, T, ...], sample after sample
 * @param shape [N * T, ...]
 */
export function frames(values: ArrayLike<number>, shape: Shape, options: { T: number }): Encoded {
  checkSize(values, shape)
  const { T } = options
  const samples = shape[0] / T
  const size = sizeOf(shape.slice(1))
  const ordered = new Float32Array(values.length)
  for (let n = 0; n < samples; n++) {
    for (let t = 0; t < T; t++) {
      const from = (n * T + t) * size
      const to = (t * samples + n) * size
      for (let i = 0; i < size; i++) ordered[to + i] = values[from + i]
    }
  }
  return { kind: 'dense', shape: [T, samples, ...shape.slice(1)], values: ordered }
}

/**
 * A spike at each step with the value as its probability.
 * @param values [N, ...] in 0..1
 */
export function poisson(values: ArrayLike<number>, shape: Shape, options: { T: number; seed: number }): Encoded {
  checkSize(values, shape)
  const size = values.length
  const bytes = new Uint8Array(size * options.T)
  for (let i = 0; i < bytes.length; i++) bytes[i] = hash32(i, options.seed) < values[i % size] * 2 ** 32 ? 1 : 0
  return { kind: 'spikes', shape: [options.T, ...shape], bytes }
}

/**
 * One spike a value, the earlier the larger: 1 at step 0, values near 0 at the last step, 0 and less never.
 * @param values [N, ...] in 0..1
 */
export function latency(values: ArrayLike<number>, shape: Shape, options: { T: number }): Encoded {
  checkSize(values, shape)
  const size = values.length
  const bytes = new Uint8Array(size * options.T)
  for (let i = 0; i < size; i++) {
    if (!(values[i] > 0)) continue
    const t = Math.round((1 - Math.min(1, values[i])) * (options.T - 1))
    bytes[t * size + i] = 1
  }
  return { kind: 'spikes', shape: [options.T, ...shape], bytes }
}

/**
 * A spike where a value has risen by at least `threshold` since the step before; the step before the first counts as 0.
 * With `offSpikes`, falls are spikes too, of channels behind the others.
 * @param values [T, N, ..., C], a sequence
 */
export function delta(
  values: ArrayLike<number>,
  shape: Shape,
  options: { threshold: number; offSpikes?: boolean },
): Encoded {
  checkSize(values, shape)
  const channels = shape[shape.length - 1]
  const frame = values.length / shape[0]
  const signs = options.offSpikes ? [1, -1] : [1]
  const bytes = new Uint8Array(values.length * signs.length)
  for (let i = 0; i < values.length; i++) {
    const change = values[i] - (i < frame ? 0 : values[i - frame])
    const pixel = Math.floor(i / channels) * channels * signs.length
    signs.forEach((sign, k) => {
      bytes[pixel + k * channels + (i % channels)] = sign * change >= options.threshold ? 1 : 0
    })
  }
  return { kind: 'spikes', shape: [...shape.slice(0, -1), channels * signs.length], bytes }
}

function checkSize(values: ArrayLike<number>, shape: Shape): void {
  if (values.length === sizeOf(shape)) return
  throw new ShapeError({ what: 'values do not fill the shape', expected: `${sizeOf(shape)}`, got: `${values.length}` })
}
