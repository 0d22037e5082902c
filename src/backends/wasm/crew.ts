import { ResourceError } from '../../base/index.ts'
import type { MemoryLimits } from '../../codegen/index.ts'
import { Arena } from './arena.ts'
import { argumentsAddress, argumentWords, commands, control, reservedBytes, spins } from './control.ts'
import type { KernelTime } from './kernel-time.ts'
import type { KernelFunction, NativeCode } from './native.ts'
import type { StartedWorker, WorkerStarter } from './started-worker.ts'
import type { WasmMemory } from './wasm-memory.ts'
import { instantiate } from './worker-loop.ts'

export interface Kernel {
  readonly id: number
  readonly name: string
  readonly run: KernelFunction
}

const floatBits = new Float32Array(1)
const floatWords = new Int32Array(floatBits.buffer)

/** A float32 as an argument word. */
export function floatWord(value: number): number {
  floatBits[0] = value
  return floatWords[0]
}

/** While it waits for the others, a thread looks this often whether they still run. */
const lookEverySeconds = 0.5

/** A worker's last task, or the compiling of a kernel, takes far less on any machine. */
const longestShareSeconds = 120

/** Most address space, and less where the system gives no more. @throws ResourceError where it gives too little */
function reserve({ minimum, maximum, shared }: MemoryLimits): { memory: WasmMemory; pages: number } {
  for (let most = maximum; ; most = Math.floor(most / 2)) {
    const pages = Math.max(minimum, most)
    try {
      return { memory: new WebAssembly.Memory({ initial: minimum, maximum: pages, shared }), pages }
    } catch (cause) {
      if (most > leastPages) continue
      throw new ResourceError({
        what: 'no memory can be reserved for the wasm backend',
        got: (cause as Error).message,
        next:
          'Allow more address space (ulimit -v 12000000, or unlimited), or start Node with ' +
          'NODE_OPTIONS=--disable-wasm-trap-handler, which reserves less.',
        cause,
      })
    }
  }
}

/** 256 MiB: what does not get as much has no use for the backend. */
const leastPages = 4096

/**
 * The threads that share one memory. A kernel runs on all of them at once; each takes the next task until none is
 * left. Tasks own their outputs, so the result does not depend on who took which.
 */
export class Crew {
  readonly memory: WasmMemory
  readonly arena: Arena
  readonly limits: MemoryLimits
  readonly threads: number
  /** Where kernels may be machine code. */
  readonly native: NativeCode | null
  private readonly workers: readonly StartedWorker[]
  private kernels = 0
  private readonly loaded = new Map<string, Kernel>()
  private closed = false
  /** How a worker ended that should not have. */
  private dead: string | null = null
  /** Time per kernel, kept only where a clock is given. */
  readonly times = new Map<string, KernelTime>()
  private readonly now: (() => number) | undefined
  private views: { f32: Float32Array; i32: Int32Array; u8: Uint8Array; f64: Float64Array; u16: Uint16Array } | undefined

  private constructor(
    limits: MemoryLimits,
    workers: number,
    start: WorkerStarter | undefined,
    now: (() => number) | undefined,
    native: NativeCode | null,
  ) {
    this.native = native
    this.limits = limits
    this.now = now
    const { memory, pages } = reserve(limits)
    this.memory = memory
    this.arena = new Arena(memory, reservedBytes, pages * 65536)
    this.workers = Array.from({ length: start ? workers : 0 }, (_, i) => start!(this.memory, i + 1))
    this.threads = this.workers.length + 1
  }

  /** @param threads threads in all; workers are started where memory can be shared and a starter is given */
  static async start(
    threads: number,
    starter: WorkerStarter | undefined,
    maximumPages: number,
    now?: () => number,
    native: NativeCode | null = null,
  ): Promise<Crew> {
    const shared = typeof SharedArrayBuffer !== 'undefined'
    const limits = { minimum: 64, maximum: maximumPages, shared }
    const crew = new Crew(limits, shared ? threads - 1 : 0, starter, now, native)
    try {
      await Promise.all(crew.workers.map((worker) => worker.ready))
    } catch (error) {
      await crew.close() // those that did start
      throw error
    }
    return crew
  }

  /** Where orders are given: memory that is not shared moves when it grows. */
  private get words(): Int32Array {
    return this.view.i32
  }

  /** Views of the memory as it is now; growing makes new ones. */
  get view() {
    const { buffer } = this.memory
    if (!this.views || this.views.u8.byteLength !== buffer.byteLength) {
      this.views = {
        f32: new Float32Array(buffer),
        f64: new Float64Array(buffer),
        i32: new Int32Array(buffer),
        u16: new Uint16Array(buffer),
        u8: new Uint8Array(buffer),
      }
    }
    return this.views
  }

  /** The kernel of that name, made by `emit` and compiled on every thread the first time. */
  kernel(name: string, code: 'wasm' | 'native', emit: () => Uint8Array<ArrayBuffer>): Kernel {
    const known = this.loaded.get(name)
    if (known) return known
    const kernel = code === 'native' ? this.loadNative(name, emit()) : this.loadWasm(name, emit())
    this.loaded.set(name, kernel)
    return kernel
  }

  private loadNative(name: string, bytes: Uint8Array<ArrayBuffer>): Kernel {
    if (!this.native) throw new Error(`no machine code for ${name} here`)
    const address = this.native.place(bytes)
    const kernel = { id: this.kernels++, name, run: this.native.at(address, this.memory) }
    if (this.workers.length > 0) {
      this.words[control.codeAddress] = Number(address & 0xffffffffn) | 0
      this.words[control.codeAddressHigh] = Number(address >> 32n)
      this.order(commands.loadNative, kernel.id)
      this.wait(name)
    }
    return kernel
  }

  private loadWasm(name: string, bytes: Uint8Array<ArrayBuffer>): Kernel {
    const kernel = { id: this.kernels++, name, run: instantiate(bytes, this.memory) }
    if (this.workers.length > 0) {
      const block = this.arena.allocate(bytes.byteLength)
      this.view.u8.set(bytes, block.address)
      this.words[control.codeAddress] = block.address
      this.words[control.codeBytes] = bytes.byteLength
      this.order(commands.load, kernel.id)
      this.wait(name)
      this.arena.release(block)
    }
    return kernel
  }

  /** Runs a kernel's tasks to the end. */
  run(kernel: Kernel, args: readonly number[], tasks: number): void {
    const start = this.now?.() ?? 0
    this.share(kernel, args, tasks)
    if (!this.now) return
    const time = this.times.get(kernel.name) ?? { calls: 0, seconds: 0 }
    this.times.set(kernel.name, { calls: time.calls + 1, seconds: time.seconds + this.now() - start })
  }

  private share(kernel: Kernel, args: readonly number[], tasks: number): void {
    if (args.length > argumentWords) throw new Error(`${args.length} arguments, room for ${argumentWords}`)
    const { words } = this
    for (let i = 0; i < args.length; i++) words[argumentsAddress / 4 + i] = args[i]
    Atomics.store(words, control.task, 0)
    const alone = this.workers.length === 0 || tasks < 2
    if (!alone) this.order(commands.run, kernel.id)
    kernel.run(argumentsAddress, 0)
    if (!alone) this.wait(`kernel ${kernel.id}`)
  }

  private order(command: number, kernel: number): void {
    const { words } = this
    if (this.dead !== null && command !== commands.stop) this.fail(this.dead)
    words[control.command] = command
    words[control.kernel] = kernel
    Atomics.store(words, control.done, 0)
    Atomics.add(words, control.order, 1)
    Atomics.notify(words, control.order)
  }

  private wait(what: string): void {
    const { words } = this
    const all = this.workers.length
    let done = Atomics.load(words, control.done)
    for (let i = 0; done < all && i < spins; i++) done = Atomics.load(words, control.done)
    for (let waited = 0; done < all; waited += lookEverySeconds) {
      Atomics.wait(words, control.done, done, 1000 * lookEverySeconds)
      const before = done
      done = Atomics.load(words, control.done)
      if (done === all) break
      this.checkAlive()
      if (done > before) waited = 0
      if (waited >= longestShareSeconds) this.fail(`answers nothing for ${longestShareSeconds} s`)
    }
    if (Atomics.exchange(words, control.failed, 0) > 0) throw new Error(`${what} failed on a worker thread`)
  }

  /** @throws ResourceError where a worker is gone: what it has not computed nobody will */
  private checkAlive(): void {
    if (this.workers.some(({ isAlive }) => isAlive?.() === false)) this.fail('has ended')
  }

  private fail(how: string): never {
    this.dead = how
    throw new ResourceError({
      what: 'a thread of the wasm backend is gone',
      got: `one of ${this.workers.length} threads beside this one ${how}`,
      next: 'Close this backend and make a new one; where memory was short, with fewer threads.',
    })
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    if (this.workers.length > 0) this.order(commands.stop, 0)
    await Promise.all(this.workers.map((worker) => worker.stop()))
  }
}
