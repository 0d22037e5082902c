import { ResourceError, type Shape, ShapeError, SpikeletError, shapeText, sizeOf } from '../../base/index.ts'
import type { Handle, PlainKind } from '../backend.ts'

/** What views of one tensor share. `users` counts the handles that still hold it. */
interface Storage {
  readonly values: Float64Array | null
  readonly bytes: Uint8Array | null
  users: number
}

/** A tensor in ordinary memory: float64 values, or spike bytes and their scale. */
export class HostHandle implements Handle {
  readonly kind: PlainKind
  readonly shape: Shape
  readonly storage: Storage
  readonly scale: number
  released = false

  constructor(kind: PlainKind, shape: Shape, storage: Storage, scale: number) {
    this.kind = kind
    this.shape = shape
    this.storage = storage
    this.scale = scale
  }
}

/** All tensors of one interpreter: who holds what, how much, and what a step drops at its end. */
export class Memory {
  private used = 0
  private step: HostHandle[] | null = null
  peak = 0

  /** A dense tensor around `values`, which it takes over. */
  wrap(shape: Shape, values: Float64Array): HostHandle {
    return this.enter('dense', shape, { values, bytes: null, users: 0 }, 1)
  }

  /** A dense tensor holding a copy of `values`, or zeros. */
  dense(shape: Shape, values: ArrayLike<number> | null): HostHandle {
    if (values && values.length !== sizeOf(shape)) throw lengthError(shape, values.length)
    return this.wrap(shape, values ? Float64Array.from(values) : new Float64Array(sizeOf(shape)))
  }

  /** A spike tensor around `bytes`, which it takes over. */
  spikes(shape: Shape, bytes: Uint8Array, scale: number): HostHandle {
    if (bytes.length !== sizeOf(shape)) throw lengthError(shape, bytes.length)
    return this.enter('spikes', shape, { values: null, bytes, users: 0 }, scale)
  }

  view(x: HostHandle, shape: Shape): HostHandle {
    if (sizeOf(shape) !== sizeOf(x.shape)) throw lengthError(shape, sizeOf(x.shape))
    return this.enter(x.kind, shape, x.storage, x.scale)
  }

  /** The handle as this interpreter's own. @throws SpikeletError for a released or foreign one */
  open(handle: Handle): HostHandle {
    if (!(handle instanceof HostHandle)) {
      throw new ResourceError({ what: 'a tensor of another backend was given to the interpreter' })
    }
    if (handle.released) {
      throw new SpikeletError({
        what: 'a released tensor was used',
        got: `${handle.kind} ${shapeText(handle.shape)}`,
        next: 'Release a tensor only after its last use; what a step makes ends with endStep().',
      })
    }
    return handle
  }

  release(handle: Handle): void {
    const x = this.open(handle)
    x.released = true
    if (--x.storage.users === 0) this.used -= bytesOf(x.storage)
  }

  beginStep(): void {
    if (this.step) throw new SpikeletError({ what: 'beginStep() inside a step', next: 'Call endStep() first.' })
    this.step = []
  }

  endStep(): void {
    if (!this.step) throw new SpikeletError({ what: 'endStep() outside a step', next: 'Call beginStep() first.' })
    const made = this.step
    this.step = null
    for (const handle of made) if (!handle.released) this.release(handle)
  }

  private enter(kind: PlainKind, shape: Shape, storage: Storage, scale: number): HostHandle {
    if (storage.users++ === 0) {
      this.used += bytesOf(storage)
      this.peak = Math.max(this.peak, this.used)
    }
    const handle = new HostHandle(kind, [...shape], storage, scale)
    this.step?.push(handle)
    return handle
  }
}

function bytesOf(storage: Storage): number {
  return (storage.values?.byteLength ?? 0) + (storage.bytes?.byteLength ?? 0)
}

function lengthError(shape: Shape, got: number): ShapeError {
  return new ShapeError({
    what: 'values do not fill the shape',
    expected: `${sizeOf(shape)} values for ${shapeText(shape)}`,
    got: `${got} values`,
  })
}

/** Values as numbers: a dense tensor's own array, a spike tensor's 0 and scale in a new one. */
export function valuesOf(x: HostHandle): Float64Array {
  if (x.storage.values) return x.storage.values
  const bytes = x.storage.bytes as Uint8Array
  const values = new Float64Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) if (bytes[i] & 1) values[i] = x.scale
  return values
}

/** The values of a dense tensor, to read or change. @throws ShapeError for spikes */
export function denseOf(x: HostHandle): Float64Array {
  if (!x.storage.values) throw new ShapeError({ what: 'a dense tensor is needed', got: `spikes ${shapeText(x.shape)}` })
  return x.storage.values
}

/** The bytes of a spike tensor. @throws ShapeError for a dense one */
export function bytesIn(x: HostHandle): Uint8Array {
  if (!x.storage.bytes) throw new ShapeError({ what: 'a spike tensor is needed', got: `dense ${shapeText(x.shape)}` })
  return x.storage.bytes
}

/** Where a gradient is wanted: null is everywhere. */
export function openMask(x: HostHandle, want: 'open' | 'full'): Uint8Array | null {
  return want === 'open' ? x.storage.bytes : null
}
