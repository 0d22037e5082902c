import { ResourceError } from '../../base/index.ts'
import type { WasmMemory } from './wasm-memory.ts'

const alignment = 64
const pageBytes = 65536

/** A piece of the arena. Vector loads may read up to 64 bytes past `bytes`; that room belongs to the block. */
export interface Block {
  readonly address: number
  readonly bytes: number
}

/**
 * Allocates from one WebAssembly.Memory: best fit among free pieces kept in address order, neighbours joined when
 * freed. What it hands out depends on the sequence of calls alone.
 */
export class Arena {
  readonly memory: WasmMemory
  private free: { address: number; bytes: number }[] = []
  private end: number
  private readonly maximum: number
  inUse = 0
  peak = 0

  /** @param reserved bytes at the start of the memory that the arena leaves alone */
  constructor(memory: WasmMemory, reserved: number, maximumBytes: number) {
    this.memory = memory
    this.end = reserved
    this.maximum = maximumBytes
  }

  allocate(bytes: number): Block {
    const size = Math.ceil((bytes + 64) / alignment) * alignment
    let best = -1
    for (let i = 0; i < this.free.length; i++) {
      const piece = this.free[i]
      if (piece.bytes >= size && (best < 0 || piece.bytes < this.free[best].bytes)) best = i
    }
    const address = best < 0 ? this.extend(size) : this.take(best, size)
    this.inUse += size
    this.peak = Math.max(this.peak, this.inUse)
    return { address, bytes: size }
  }

  private take(i: number, size: number): number {
    const piece = this.free[i]
    const { address } = piece
    if (piece.bytes === size) this.free.splice(i, 1)
    else {
      piece.address += size
      piece.bytes -= size
    }
    return address
  }

  private extend(size: number): number {
    const last = this.free.at(-1)
    const joined = last && last.address + last.bytes === this.end ? last : undefined
    const address = joined ? joined.address : this.end
    const wanted = address + size
    if (wanted > this.maximum) {
      const gib = (n: number) => `${(n / 2 ** 30).toFixed(2)} GiB`
      throw new ResourceError({
        what: 'out of memory',
        expected: `at most ${gib(this.maximum)} in the WebAssembly memory`,
        got: `${gib(this.inUse)} in use and ${gib(size)} more asked for`,
        next: 'Use a smaller batch or fewer time steps (summary() prints the bytes of each layer).',
      })
    }
    const missing = wanted - this.memory.buffer.byteLength
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / pageBytes))
      } catch (cause) {
        throw new ResourceError({
          what: 'the host refused more memory',
          got: `${Math.ceil(missing / 2 ** 20)} MiB asked for on top of ${Math.ceil(this.end / 2 ** 20)} MiB`,
          next: 'Use a smaller batch or fewer time steps.',
          cause,
        })
      }
    }
    if (joined) this.free.pop()
    this.end = wanted
    return address
  }

  release(block: Block): void {
    this.inUse -= block.bytes
    let low = 0
    let high = this.free.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.free[middle].address < block.address) low = middle + 1
      else high = middle
    }
    const before = this.free[low - 1]
    const after = this.free[low]
    const joinsBefore = before !== undefined && before.address + before.bytes === block.address
    const joinsAfter = after !== undefined && block.address + block.bytes === after.address
    if (joinsBefore) {
      before.bytes += block.bytes
      if (joinsAfter) {
        before.bytes += after.bytes
        this.free.splice(low, 1)
      }
    } else if (joinsAfter) {
      after.address = block.address
      after.bytes += block.bytes
    } else this.free.splice(low, 0, { address: block.address, bytes: block.bytes })
  }
}
