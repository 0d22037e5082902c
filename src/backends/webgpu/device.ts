import { wgsl } from '../../codegen/index.ts'
import { Machine, type MachineOptions } from './machine.ts'
import type { Block } from './pool.ts'
import { Tensors } from './tensors.ts'
import { Tuner } from './tuner.ts'
import type { TuningStore } from './tuning-store.ts'

export interface DeviceOptions extends MachineOptions {
  readonly software: boolean
  /** Mixed precision: operands of products, and sequences of images in memory, in float16; all else in float32. */
  readonly half: boolean
  /** What the adapter is called. */
  readonly adapter: string
  /** Where measured tiles are kept; null: nothing is measured. */
  readonly tuning: TuningStore | null
}

/** What the layers of this backend work with. */
export class Device {
  readonly machine: Machine
  readonly tensors: Tensors

  readonly half: boolean
  /** Whether the device is a program on the CPU, for which kernels without workgroup memory are better. */
  readonly software: boolean

  /** How workgroups add up. */
  readonly sums: wgsl.SumWay

  private readonly tuner: Tuner | null
  /** Most invocations of a workgroup. */
  private readonly invocations: number

  constructor(device: GPUDevice, options: DeviceOptions) {
    this.software = options.software
    this.half = options.half
    this.sums = options.software ? 'direct' : device.features.has('subgroups') ? 'subgroups' : 'tree'
    this.invocations = device.limits.maxComputeInvocationsPerWorkgroup
    this.machine = new Machine(device, options)
    const tunes = options.tuning !== null && !options.software && device.features.has('timestamp-query')
    this.tuner = tunes ? new Tuner(this.machine, options.adapter, options.tuning) : null
    this.tensors = new Tensors(this.machine, options.half)
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

  /** Runs a product of matrices with the tile that suits it: the one measured as the fastest, where a tuner may measure. */
  tuned(key: string, rows: number, columns: number, run: (tile: wgsl.Tile) => void): void {
    const { tuner } = this
    const layer = `${key} ${rows}`
    const known = this.software ? wgsl.directTile : tuner ? tuner.known(layer) : wgsl.defaultTile(columns)
    if (known) run(known)
    else tuner?.try(layer, wgsl.possibleTiles(columns, this.invocations), run)
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
