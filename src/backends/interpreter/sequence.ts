import { sizeOf } from '../../base/index.ts'
import type { Handle } from '../backend.ts'
import { denseOf, type HostHandle, type Memory, valuesOf } from './memory.ts'

export function add(memory: Memory, a: HostHandle, b: HostHandle): Handle {
  const long = a.shape[0] >= b.shape[0] ? a : b
  const left = valuesOf(a)
  const right = valuesOf(b)
  const sum = new Float64Array(sizeOf(long.shape))
  for (let i = 0; i < sum.length; i++) sum[i] = left[i % left.length] + right[i % right.length]
  return memory.wrap(long.shape, sum)
}

export function slice(memory: Memory, x: HostHandle, from: number, to: number): Handle {
  const frame = sizeOf(x.shape.slice(1))
  const shape = [to - from, ...x.shape.slice(1)]
  if (x.storage.bytes) return memory.spikes(shape, x.storage.bytes.slice(from * frame, to * frame), x.scale)
  return memory.wrap(shape, denseOf(x).slice(from * frame, to * frame))
}

export function concat(memory: Memory, parts: readonly HostHandle[]): Handle {
  const [first] = parts
  const shape = [parts.reduce((steps, part) => steps + part.shape[0], 0), ...first.shape.slice(1)]
  const dense = first.kind === 'dense'
  const joined = dense ? new Float64Array(sizeOf(shape)) : new Uint8Array(sizeOf(shape))
  let at = 0
  for (const part of parts) {
    const values = (part.storage.values ?? part.storage.bytes) as Float64Array
    joined.set(values, at)
    at += values.length
  }
  return joined instanceof Float64Array ? memory.wrap(shape, joined) : memory.spikes(shape, joined, first.scale)
}

export function sumSteps(memory: Memory, x: HostHandle): Handle {
  const values = valuesOf(x)
  const sum = new Float64Array(values.length / x.shape[0])
  for (let i = 0; i < values.length; i++) sum[i % sum.length] += values[i]
  return memory.wrap([1, ...x.shape.slice(1)], sum)
}

/** Non-zero values, or the spikes that they count, and open windows; every place of a dense tensor is open. */
export function activity(memory: Memory, x: HostHandle, counted: boolean): Handle {
  let active = 0
  let open = 0
  if (x.storage.bytes) {
    for (const byte of x.storage.bytes) {
      active += byte & 1
      open += (byte >> 1) & 1
    }
  } else {
    const values = denseOf(x)
    open = values.length
    for (const value of values) active += counted ? value : value === 0 ? 0 : 1
  }
  return memory.wrap([2], Float64Array.of(active, open))
}
