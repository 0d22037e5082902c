import { type Shape, SpikeletError, shapeText, sizeOf } from '../../base/index.ts'
import type { Handle, Kind } from '../backend.ts'
import type { Block } from './arena.ts'
import type { Crew } from './crew.ts'

interface Storage {
  readonly block: Block
  uses: number
}

/** Sums and sums of squares of each step's columns, [steps][columns], over so many rows each. */
export interface ColumnSums {
  readonly sums: Float64Array
  readonly squares: Float64Array
  readonly rows: number
}

/**
 * A tensor in the arena: float32, or bytes with a scale. A byte of `counts` says in bit 0 whether there is a spike at all, in
 * bit 1 whether a window is open, and in bit k whether there are k spikes or more, k from 2 to `levels`. Views share storage.
 */
export class WasmTensor implements Handle {
  readonly kind: Kind
  readonly shape: Shape
  readonly scale: number
  /** Most spikes that one value counts: 1 unless these are `counts`. */
  readonly levels: number
  readonly storage: Storage
  readonly address: number
  released = false
  /** Sums of its columns, where whoever made it took them on the way. */
  columnSums: ColumnSums | null = null

  constructor(kind: Kind, shape: Shape, scale: number, levels: number, storage: Storage, address: number) {
    this.kind = kind
    this.shape = shape
    this.scale = scale
    this.levels = levels
    this.storage = storage
    this.address = address
  }

  get size(): number {
    return sizeOf(this.shape)
  }
}

/** All live tensors of a backend. What is made between `begin` and `end` is gone at the end. */
export class Tensors {
  private readonly crew: Crew
  private step: Set<WasmTensor> | null = null

  constructor(crew: Crew) {
    this.crew = crew
  }

  make(kind: Kind, shape: Shape, scale = 1, levels = 1): WasmTensor {
    const block = this.crew.arena.allocate(sizeOf(shape) * (kind === 'dense' ? 4 : 1))
    return this.track(new WasmTensor(kind, shape, scale, levels, { block, uses: 1 }, block.address))
  }

  /** The same storage under another shape. */
  view(x: WasmTensor, shape: Shape, offsetBytes = 0): WasmTensor {
    x.storage.uses++
    return this.track(new WasmTensor(x.kind, shape, x.scale, x.levels, x.storage, x.address + offsetBytes))
  }

  private track(tensor: WasmTensor): WasmTensor {
    this.step?.add(tensor)
    return tensor
  }

  /** The tensor behind a handle of this backend. */
  of(handle: Handle): WasmTensor {
    if (!(handle instanceof WasmTensor)) {
      throw new SpikeletError({
        what: 'a tensor of another backend was given to the wasm backend',
        got: `${handle.kind} ${shapeText(handle.shape)}`,
        next: 'Read it there and make it here with tensor().',
      })
    }
    if (handle.released) {
      throw new SpikeletError({
        what: 'a tensor was used after its release',
        got: `${handle.kind} ${shapeText(handle.shape)}`,
        next: 'Keep it until its last use; what a step makes ends with the step.',
      })
    }
    return handle
  }

  release(tensor: WasmTensor): void {
    if (tensor.released) return
    tensor.released = true
    this.step?.delete(tensor)
    if (--tensor.storage.uses === 0) this.crew.arena.release(tensor.storage.block)
  }

  begin(): void {
    this.step ??= new Set()
  }

  end(): void {
    const made = [...(this.step ?? [])]
    this.step = null
    for (const tensor of made) this.release(tensor)
  }

  floats(tensor: WasmTensor): Float32Array {
    return this.crew.view.f32.subarray(tensor.address / 4, tensor.address / 4 + tensor.size)
  }

  bytes(tensor: WasmTensor): Uint8Array {
    return this.crew.view.u8.subarray(tensor.address, tensor.address + tensor.size)
  }
}
