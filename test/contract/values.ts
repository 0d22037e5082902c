import { expect } from 'vitest'
import type { Backend, Handle } from '../../src/backends/index.ts'
import { float16, float16Bits, hash32, hashedUniform, type Shape, sizeOf } from '../../src/base/index.ts'

/** What a contract test works with. */
export interface Contract {
  /** The backend under test, started once for all. */
  readonly backend: () => Backend
  /** Largest deviation of a value, relative to the largest of its tensor. */
  readonly tolerance: number
}

/** Numbers in -1..1. */
export function numbers(size: number, key: number): Float64Array {
  return hashedUniform(size, key).map((u) => 2 * u - 1)
}

/** Spike bytes at a rate; windows are open where there is a spike, and at as many other places. */
export function spikeBytes(size: number, rate: number, key: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => {
    const spike = hash32(i, key) < rate * 2 ** 32
    const open = hash32(i, key + 1) < rate * 2 ** 32
    return (spike ? 1 : 0) | (open ? 2 : 0)
  })
}

export interface Given {
  readonly handle: Handle
  readonly shape: Shape
  readonly values: Float64Array
  /** Where bit 1 is set; null for dense tensors. */
  readonly open: boolean[] | null
}

/** Values as the backend holds them: float16 where it stores tensors of this shape so. */
export function asHeld(backend: Backend, shape: Shape, values: Float64Array): Float64Array {
  const half = backend.info.float16Images && shape.length === 5
  return half ? values.map((value) => float16(float16Bits(value))) : values
}

export function dense(backend: Backend, shape: Shape, key: number): Given {
  const values = asHeld(backend, shape, numbers(sizeOf(shape), key))
  return { handle: backend.tensor(shape, values), shape, values, open: null }
}

export function spikes(backend: Backend, shape: Shape, rate: number, scale: number, key: number): Given {
  const bytes = spikeBytes(sizeOf(shape), rate, key)
  return {
    handle: backend.spikes(shape, bytes, scale),
    shape,
    values: Float64Array.from(bytes, (byte) => (byte & 1 ? scale : 0)),
    open: Array.from(bytes, (byte) => (byte & 2) !== 0),
  }
}

/** Values with 0 where the input's window is closed. */
export function whereOpen(values: Float64Array, given: Given): Float64Array {
  return values.map((value, i) => (given.open && !given.open[i] ? 0 : value))
}

export async function expectClose(
  backend: Backend,
  handle: Handle | null | undefined,
  shape: Shape,
  expected: ArrayLike<number>,
  tolerance: number,
): Promise<void> {
  expect(handle?.shape).toEqual(shape)
  const actual = await backend.read(handle as Handle)
  expect(actual.length).toBe(expected.length)
  let size = 1e-2
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    size = Math.max(size, Math.abs(expected[i]))
    const off = Math.abs(actual[i] - expected[i])
    if (!(off <= worst)) worst = off
  }
  expect(worst / size).toBeLessThanOrEqual(tolerance)
}

/** d(sum of weights * f(x))/dx by central differences. */
export function numericGradient(
  f: (x: Float64Array) => ArrayLike<number>,
  x: Float64Array,
  weights: ArrayLike<number>,
  step = 1e-5,
): Float64Array {
  const project = (values: Float64Array) => {
    const y = f(values)
    let sum = 0
    for (let i = 0; i < y.length; i++) sum += y[i] * weights[i]
    return sum
  }
  return x.map((value, i) => {
    const moved = (by: number) => project(x.map((v, j) => (j === i ? value + by : v)))
    return (moved(step) - moved(-step)) / (2 * step)
  })
}
