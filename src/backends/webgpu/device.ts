import { wgsl } from '../../codegen/index.ts'
import { Machine, type MachineOptions } from './machine.ts'
import type { Block } from './pool.ts'
import { Tensors } from './tensors.ts'

/** What the layers of this backend work with. */
export class Device {
  readonly machine: Machine
  readonly tensors: Tensors

  /** Whether the device is a program on the CPU, for which kernels without workgroup memory are better. */
  readonly software: boolean

  constructor(device: GPUDevice, options: MachineOptions & { readonly software: boolean }) {
    this.software = options.software
    this.machine = new Machine(device, options)
    this.tensors = new Tensors(this.machine)
  }

  /** Gives `work` blocks of scratch memory, taken back afterwards. */
  scratch<Result>(bytes: readonly number[], work: (blocks: Block[]) => Result): Result {
    const { pool } = this.machine
    const blocks: Block[] = []
    try {
      for (const size of bytes) blocks.push(pool.take(size, 'scratch memory'))
      return work(blocks)
    } finally {
      for (const block of blocks) pool.give(block)
    }
  }

  /** Runs a product of matrices of that size with the tile that suits it. */
  tuned(_key: string, _rows: number, columns: number, run: (tile: wgsl.Tile) => void): void {
    run(this.software ? wgsl.directTile : wgsl.defaultTile(columns))
  }

  /** Runs the kernel of that key over `count` elements. */
  over(
    key: string,
    emit: () => wgsl.KernelSource,
    count: number,
    blocks: { readonly [name: string]: Block },
    values: { readonly [name: string]: number } = {},
  ): void {
    this.machine.over(this.machine.kernel(key, emit), count, blocks, values)
  }
}
