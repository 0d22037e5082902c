import {
  float16,
  float16Bits,
  ResourceError,
  type Shape,
  ShapeError,
  SpikeletError,
  shapeText,
  sizeOf,
} from '../../base/index.ts'
import type { Handle, PlainKind } from '../backend.ts'
import type { Machine } from './machine.ts'
import type { Block } from './pool.ts'

/** How values lie in memory: float32, float16, or spike bytes. */
export type Stored = 'dense' | 'half' | 'spikes'

/** Bytes of one value. */
export const bytesOfValue: { readonly [stored in Stored]: number } = { dense: 4, half: 2, spikes: 1 }

/** What views of one tensor share. */
interface Storage {
  readonly block: Block
  readonly stored: Stored
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

  get stored(): Stored {
    return this.storage.stored
  }

  /** Bytes of its values. */
  get bytes(): number {
    return bytesOfValue[this.stored] * this.size
  }
}

/** All tensors of a device: who holds what, and what a step drops at its end. */
export class Tensors {
  private readonly machine: Machine
  /** Whether sequences of images are stored as float16. */
  private readonly half: boolean
  private step: GpuTensor[] | null = null

  constructor(machine: Machine, half: boolean) {
    this.machine = machine
    this.half = half
  }

  /**
   * How a new tensor is stored. In mixed precision, what has the shape of a sequence of images [T, N, H, W, C] is float16:
   * activations and their gradients. Parameters, their gradients, statistics, states and logits are float32.
   */
  storedAs(kind: PlainKind, shape: Shape): Stored {
    if (kind === 'spikes') return 'spikes'
    return this.half && shape.length === 5 ? 'half' : 'dense'
  }

  /** A tensor with whatever its memory held. */
  make(kind: PlainKind, shape: Shape, scale = 1, stored = this.storedAs(kind, shape)): GpuTensor {
    const block = this.machine.pool.take(sizeOf(shape) * bytesOfValue[stored], `a tensor ${shapeText(shape)}`)
    return this.enter(new GpuTensor(kind, [...shape], scale, { block, stored, users: 0 }))
  }

  /** A tensor of zeros, or of closed silent neurons. */
  zeros(kind: PlainKind, shape: Shape, scale = 1, stored = this.storedAs(kind, shape)): GpuTensor {
    const made = this.make(kind, shape, scale, stored)
    this.machine.clear(made.block, made.bytes)
    return made
  }

  dense(shape: Shape, values: ArrayLike<number> | null): GpuTensor {
    if (!values) return this.zeros('dense', shape)
    expectLength(shape, values.length)
    const made = this.make('dense', shape)
    this.write(made, values)
    return made
  }

  spikes(shape: Shape, bytes: Uint8Array, scale: number): GpuTensor {
    expectLength(shape, bytes.length)
    const made = this.make('spikes', shape, scale)
    this.machine.upload(made.block, padded(bytes))
    return made
  }

  /** Puts values into a dense tensor. */
  write(x: GpuTensor, values: ArrayLike<number>): void {
    const stored =
      x.stored === 'half'
        ? padded(new Uint8Array(Uint16Array.from(values, float16Bits).buffer))
        : Float32Array.from(values)
    this.machine.upload(x.block, stored)
  }

  /** The values of any tensor; spikes are 0 or their scale. */
  async read(x: GpuTensor): Promise<Float32Array> {
    const { size, scale, stored } = x
    const values = await this.machine.read(x.block, x.bytes)
    if (stored === 'dense') return new Float32Array(values, 0, size)
    if (stored === 'half') return Float32Array.from(new Uint16Array(values, 0, size), float16)
    return Float32Array.from(new Uint8Array(values, 0, size), (byte) => (byte & 1 ? scale : 0))
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

  /** A parameter, a gradient of one, a statistic... @throws ShapeError for spikes, and for what is stored as float16 */
  float32Of(handle: Handle): GpuTensor {
    const x = this.denseOf(handle)
    if (x.stored === 'dense') return x
    throw new ShapeError({
      what: 'a tensor of float32 is needed',
      got: `${shapeText(x.shape)}, which mixed precision stores as float16`,
    })
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

/** Bytes up to a multiple of four, as uploads want them. */
function padded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(Math.ceil(bytes.length / 4) * 4)
  result.set(bytes)
  return result
}

function expectLength(shape: Shape, got: number): void {
  if (got === sizeOf(shape)) return
  throw new ShapeError({
    what: 'values do not fill the shape',
    expected: `${sizeOf(shape)} values for ${shapeText(shape)}`,
    got: `${got} values`,
  })
}
