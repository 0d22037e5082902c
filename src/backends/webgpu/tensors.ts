import { ResourceError, type Shape, ShapeError, SpikeletError, shapeText, sizeOf } from '../../base/index.ts'
import type { Handle, PlainKind } from '../backend.ts'
import type { Machine } from './machine.ts'
import type { Block } from './pool.ts'

/** What views of one tensor share. */
interface Storage {
  readonly block: Block
  users: number
}

/** A tensor in device memory. */
export class GpuTensor implements Handle {
  readonly kind: PlainKind
  readonly shape: Shape
  readonly size: number
  /** What a spike stands for. */
  readonly scale: number
  readonly storage: Storage
  released = false

  constructor(kind: PlainKind, shape: Shape, scale: number, storage: Storage) {
    this.kind = kind
    this.shape = shape
    this.size = sizeOf(shape)
    this.scale = scale
    this.storage = storage
  }

  get block(): Block {
    return this.storage.block
  }

  /** Bytes of its values. */
  get bytes(): number {
    return this.kind === 'dense' ? 4 * this.size : this.size
  }
}

/** All tensors of a device: who holds what, and what a step drops at its end. */
export class Tensors {
  private readonly machine: Machine
  private step: GpuTensor[] | null = null

  constructor(machine: Machine) {
    this.machine = machine
  }

  /** A tensor with whatever its memory held. */
  make(kind: PlainKind, shape: Shape, scale = 1): GpuTensor {
    const bytes = sizeOf(shape) * (kind === 'dense' ? 4 : 1)
    const block = this.machine.pool.take(bytes, `a tensor ${shapeText(shape)}`)
    return this.enter(new GpuTensor(kind, [...shape], scale, { block, users: 0 }))
  }

  /** A tensor of zeros, or of closed silent neurons. */
  zeros(kind: PlainKind, shape: Shape, scale = 1): GpuTensor {
    const made = this.make(kind, shape, scale)
    this.machine.clear(made.block, made.bytes)
    return made
  }

  dense(shape: Shape, values: ArrayLike<number> | null): GpuTensor {
    if (!values) return this.zeros('dense', shape)
    expectLength(shape, values.length)
    const made = this.make('dense', shape)
    this.machine.upload(made.block, Float32Array.from(values))
    return made
  }

  spikes(shape: Shape, bytes: Uint8Array, scale: number): GpuTensor {
    expectLength(shape, bytes.length)
    const made = this.make('spikes', shape, scale)
    const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4)
    padded.set(bytes)
    this.machine.upload(made.block, padded)
    return made
  }

  view(x: GpuTensor, shape: Shape): GpuTensor {
    if (sizeOf(shape) !== x.size) {
      throw new ShapeError({
        what: 'reshape keeps the number of values',
        expected: shapeText(x.shape),
        got: shapeText(shape),
      })
    }
    return this.enter(new GpuTensor(x.kind, [...shape], x.scale, x.storage))
  }

  /** The handle as this device's own. @throws SpikeletError for a released or foreign one */
  of(handle: Handle): GpuTensor {
    if (!(handle instanceof GpuTensor)) {
      throw new ResourceError({ what: 'a tensor of another backend was given to the webgpu backend' })
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

  /** @throws ShapeError for spikes */
  denseOf(handle: Handle): GpuTensor {
    const x = this.of(handle)
    if (x.kind === 'dense') return x
    throw new ShapeError({ what: 'a dense tensor is needed', got: `spikes ${shapeText(x.shape)}` })
  }

  release(handle: Handle): void {
    const x = this.of(handle)
    x.released = true
    if (--x.storage.users === 0) this.machine.pool.give(x.block)
  }

  beginStep(): void {
    if (this.step) throw new SpikeletError({ what: 'beginStep() inside a step', next: 'Call endStep() first.' })
    this.step = []
  }

  endStep(): void {
    if (!this.step) throw new SpikeletError({ what: 'endStep() outside a step', next: 'Call beginStep() first.' })
    const made = this.step
    this.step = null
    for (const x of made) if (!x.released) this.release(x)
  }

  private enter(x: GpuTensor): GpuTensor {
    x.storage.users++
    this.step?.push(x)
    return x
  }
}

function expectLength(shape: Shape, got: number): void {
  if (got === sizeOf(shape)) return
  throw new ShapeError({
    what: 'values do not fill the shape',
    expected: `${sizeOf(shape)} values for ${shapeText(shape)}`,
    got: `${got} values`,
  })
}
