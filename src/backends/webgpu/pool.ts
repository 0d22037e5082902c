import { ResourceError } from '../../base/index.ts'
import { bufferUsage } from './flags.ts'

/** A piece of device memory. Its number tells it apart in keys of bind groups. */
export interface Block {
  readonly buffer: GPUBuffer
  /** What it takes, at least what was asked for. */
  readonly bytes: number
  readonly id: number
}

/**
 * Device memory: a step takes blocks and gives them back, and the next step finds them again. Sizes are rounded up to one of
 * eight steps between powers of two, so that layers of nearly one size share blocks.
 */
export class Pool {
  private readonly device: GPUDevice
  private readonly free = new Map<number, Block[]>()
  private readonly limit: number
  private blocks = 0
  private used = 0
  private held = 0
  /** Most bytes in use at once. */
  peak = 0

  constructor(device: GPUDevice, limit: number) {
    this.device = device
    this.limit = limit
  }

  /** Bytes of the largest single block. */
  get largest(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits
    return Math.min(maxBufferSize, maxStorageBufferBindingSize)
  }

  /** @throws ResourceError where the device, or the budget, has no room */
  take(bytes: number, what: string): Block {
    const size = roundedUp(bytes)
    const most = this.largest
    if (bytes > most) throw tooLarge(bytes, most, what)
    if (this.used + size > this.limit) throw outOfMemory(this.used + size, this.limit, what)
    this.used += size
    this.peak = Math.max(this.peak, this.used)
    return this.free.get(size)?.pop() ?? this.make(Math.min(size, most - (most % 4)), size)
  }

  give(block: Block): void {
    this.used -= block.bytes
    const same = this.free.get(block.bytes)
    if (same) same.push(block)
    else this.free.set(block.bytes, [block])
  }

  /** Frees all blocks that nobody holds. */
  trim(): void {
    for (const blocks of this.free.values()) {
      for (const { buffer, bytes } of blocks) {
        buffer.destroy()
        this.held -= bytes
      }
    }
    this.free.clear()
  }

  private make(bytes: number, size: number): Block {
    if (this.held + size > this.limit) this.trim()
    this.held += size
    const usage = bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyTarget
    return { buffer: this.device.createBuffer({ size: bytes, usage }), bytes: size, id: this.blocks++ }
  }
}

/** At least 256 bytes, and one of eight sizes between powers of two. */
export function roundedUp(bytes: number): number {
  const step = 2 ** Math.max(8, Math.floor(Math.log2(Math.max(1, bytes - 1))) - 2)
  return Math.max(256, Math.ceil(bytes / step) * step)
}

function tooLarge(bytes: number, most: number, what: string): ResourceError {
  return new ResourceError({
    what: `${what} is larger than this GPU binds at once`,
    expected: `at most ${megabytes(most)}`,
    got: megabytes(bytes),
    next: 'Use a smaller batch; several batches can make one update (accumulate), but BatchNorm sees each alone.',
  })
}

function outOfMemory(bytes: number, limit: number, what: string): ResourceError {
  return new ResourceError({
    what: `no room on the GPU for ${what}`,
    expected: `at most ${megabytes(limit)} in all`,
    got: megabytes(bytes),
    next: 'Use a smaller batch, or allow more memory (memoryBytes).',
  })
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
