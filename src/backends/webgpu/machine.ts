import { ResourceError, SpikeletError } from '../../base/index.ts'
import type { wgsl } from '../../codegen/index.ts'
import { bufferUsage, computeStage, mapRead } from './flags.ts'
import { type Block, Pool } from './pool.ts'

type KernelSource = wgsl.KernelSource

interface Kernel {
  readonly source: KernelSource
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
  readonly id: number
}

export interface MachineOptions {
  /** Most bytes of tensors at once. */
  readonly memoryBytes: number
}

/** Bytes of one call's numbers, and calls that one upload has room for. */
const numbersBytes = 256
const numbersPlaces = 4096

/** How many bind groups are kept. */
const keptGroups = 8192

/**
 * The device at work. Commands gather in one encoder until somebody reads: a training step is one submission. Numbers of
 * all its calls go up in one write just before.
 */
export class Machine {
  readonly device: GPUDevice
  readonly pool: Pool
  private readonly kernels = new Map<string, Kernel>()
  private readonly groups = new Map<string, GPUBindGroup>()
  private readonly numbers: GPUBuffer
  private readonly numbersOnHost = new ArrayBuffer(numbersBytes * numbersPlaces)
  private readonly floats = new Float32Array(this.numbersOnHost)
  private readonly words = new Uint32Array(this.numbersOnHost)
  private calls = 0
  private encoder: GPUCommandEncoder | null = null
  private pass: GPUComputePassEncoder | null = null
  private waste: GPUBuffer[] = []
  /** Called with each encoder before it is sent; what it gives is called right after. */
  beforeSubmit: (encoder: GPUCommandEncoder) => (() => void) | null = () => null
  private failure: SpikeletError | null = null
  private closed = false

  constructor(device: GPUDevice, options: MachineOptions) {
    this.device = device
    this.pool = new Pool(device, options.memoryBytes)
    this.numbers = device.createBuffer({
      size: numbersBytes * numbersPlaces,
      usage: bufferUsage.uniform | bufferUsage.copyTarget,
    })
    device.lost.then((info) => {
      if (!this.closed) this.failure ??= lostDevice(info)
    })
    device.addEventListener('uncapturederror', (event) => {
      this.failure ??= deviceError((event as GPUUncapturedErrorEvent).error)
    })
  }

  /** The kernel of that name; `emit` writes it the first time. `key` must tell apart all that differ. */
  kernel(key: string, emit: () => KernelSource): Kernel {
    const known = this.kernels.get(key)
    if (known) return known
    const made = this.compile(emit())
    this.kernels.set(key, made)
    return made
  }

  private compile(source: KernelSource): Kernel {
    const { device } = this
    const layout = device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility: computeStage, buffer: { type: 'uniform', hasDynamicOffset: true } },
        ...source.bindings.map((binding, i) => ({
          binding: i + 1,
          visibility: computeStage,
          buffer: { type: binding.write ? ('storage' as const) : ('read-only-storage' as const) },
        })),
      ],
    })
    const pipeline = device.createComputePipeline({
      label: source.name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ label: source.name, code: source.code }) },
    })
    return { source, pipeline, layout, id: this.kernels.size }
  }

  /**
   * Runs a kernel.
   * @param blocks by the names of its bindings
   * @param values by the names of its fields
   * @param grid workgroups in x, y and z
   */
  run(
    kernel: Kernel,
    blocks: { readonly [name: string]: Block },
    values: { readonly [name: string]: number },
    grid: readonly [number, number, number],
  ): void {
    this.check()
    if (this.calls === numbersPlaces) this.submit()
    const offset = this.calls++ * numbersBytes
    kernel.source.fields.forEach(({ name, type }, i) => {
      const value = values[name]
      if (value === undefined) throw new Error(`kernel ${kernel.source.name}: no value for ${name}`)
      if (type === 'f32') this.floats[offset / 4 + i] = value
      else this.words[offset / 4 + i] = value
    })
    const pass = this.openPass()
    pass.setPipeline(kernel.pipeline)
    pass.setBindGroup(0, this.group(kernel, blocks), [offset])
    pass.dispatchWorkgroups(...grid)
  }

  /** Runs `work` in a pass of its own, with time stamps at its ends. */
  timed(timestampWrites: GPUComputePassTimestampWrites, work: () => void): void {
    this.pass = this.openEncoder().beginComputePass({ timestampWrites })
    work()
    this.pass?.end()
    this.pass = null
  }

  /** Runs a kernel over `count` elements. */
  over(
    kernel: Kernel,
    count: number,
    blocks: { readonly [name: string]: Block },
    values: { readonly [name: string]: number } = {},
  ): void {
    if (count === 0) return
    const all = { ...values, count }
    this.run(kernel, blocks, all, gridOf(Math.ceil(count / kernel.source.perWorkgroup)))
  }

  private group(kernel: Kernel, blocks: { readonly [name: string]: Block }): GPUBindGroup {
    const list = kernel.source.bindings.map(({ name }) => {
      const block = blocks[name]
      if (!block) throw new Error(`kernel ${kernel.source.name}: no buffer for ${name}`)
      return block
    })
    const key = `${kernel.id}:${list.map((block) => block.id).join()}`
    const known = this.groups.get(key)
    if (known) return known
    if (this.groups.size >= keptGroups) this.groups.clear()
    const group = this.device.createBindGroup({
      layout: kernel.layout,
      entries: [
        { binding: 0, resource: { buffer: this.numbers, offset: 0, size: numbersBytes } },
        ...list.map(({ buffer }, i) => ({ binding: i + 1, resource: { buffer } })),
      ],
    })
    this.groups.set(key, group)
    return group
  }

  copy(from: Block, fromByte: number, to: Block, toByte: number, bytes: number): void {
    if (bytes > 0) this.openEncoder().copyBufferToBuffer(from.buffer, fromByte, to.buffer, toByte, bytes)
  }

  clear(block: Block, bytes: number): void {
    this.openEncoder().clearBuffer(block.buffer, 0, Math.ceil(bytes / 4) * 4)
  }

  /** Puts values on the device, after all that was asked for so far. The length must be a multiple of 4 bytes. */
  upload(block: Block, values: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>): void {
    this.check()
    if (values.byteLength === 0) return
    if (!this.encoder) {
      this.device.queue.writeBuffer(block.buffer, 0, values)
      return
    }
    const staging = this.device.createBuffer({
      size: values.byteLength,
      usage: bufferUsage.copySource,
      mappedAtCreation: true,
    })
    new Uint8Array(staging.getMappedRange()).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    staging.unmap()
    this.openEncoder().copyBufferToBuffer(staging, 0, block.buffer, 0, values.byteLength)
    this.waste.push(staging)
  }

  /** What the block holds now, that is after all that was asked for so far. */
  async read(block: Block, bytes: number): Promise<ArrayBuffer> {
    this.check()
    const size = Math.max(4, Math.ceil(bytes / 4) * 4)
    const staging = this.device.createBuffer({ size, usage: bufferUsage.mapRead | bufferUsage.copyTarget })
    this.copy(block, 0, { buffer: staging, bytes: size, id: -1 }, 0, Math.ceil(bytes / 4) * 4)
    // Whoever reads several things at once has them in one submission.
    await Promise.resolve()
    this.submit()
    try {
      await staging.mapAsync(mapRead)
    } catch (cause) {
      await this.device.queue.onSubmittedWorkDone().catch(() => undefined)
      this.check()
      throw new ResourceError({ what: 'the GPU gave no values back', got: String(cause), cause })
    }
    this.check()
    const values = staging.getMappedRange().slice(0)
    staging.destroy()
    return values
  }

  /** Resolves when the device has done everything asked for so far. */
  async finish(): Promise<void> {
    this.submit()
    await this.device.queue.onSubmittedWorkDone()
    this.check()
  }

  /** Sends what has gathered. */
  submit(): void {
    if (!this.encoder) return
    this.pass?.end()
    this.pass = null
    if (this.calls > 0) this.device.queue.writeBuffer(this.numbers, 0, this.numbersOnHost, 0, this.calls * numbersBytes)
    const after = this.beforeSubmit(this.encoder)
    this.device.queue.submit([this.encoder.finish()])
    this.encoder = null
    this.calls = 0
    after?.()
    for (const buffer of this.waste) buffer.destroy()
    this.waste = []
  }

  /** Ends the device. */
  close(): void {
    if (this.closed) return
    this.closed = true
    this.device.destroy()
  }

  /** @throws what went wrong on the device, as soon as it is known */
  check(): void {
    if (this.failure) throw this.failure
  }

  private openEncoder(): GPUCommandEncoder {
    this.pass?.end()
    this.pass = null
    this.encoder ??= this.device.createCommandEncoder()
    return this.encoder
  }

  private openPass(): GPUComputePassEncoder {
    this.pass ??= this.openEncoder().beginComputePass()
    return this.pass
  }
}

/** Workgroups in x and y: WebGPU takes at most 65535 along each. */
export function gridOf(workgroups: number, planes = 1): [number, number, number] {
  const x = Math.min(workgroups, 65535)
  return [x, Math.ceil(workgroups / x), planes]
}

function lostDevice({ reason, message }: GPUDeviceLostInfo): ResourceError {
  return new ResourceError({
    what: 'the GPU was lost',
    got: `${reason || 'unknown'}${message ? `: ${message}` : ''}`,
    next:
      'What the run saved last is whole: go on from there (--resume), on this GPU or with --backend wasm. ' +
      'A driver restart, sleep, or work that takes too long at once are the usual causes; a smaller batch makes it shorter.',
  })
}

function deviceError(error: GPUError): SpikeletError {
  const memory = error.constructor.name === 'GPUOutOfMemoryError'
  if (memory) {
    return new ResourceError({
      what: 'the GPU has no more memory',
      got: error.message,
      next: 'Use a smaller batch; several batches can make one update (accumulate).',
    })
  }
  return new SpikeletError({
    what: 'the GPU refused a command',
    got: error.message,
    next: 'This is a fault in Spikelet or in the driver; --backend wasm does without a GPU.',
  })
}
