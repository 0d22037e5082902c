import {
  type Backend,
  createInterpreter,
  createWasm,
  createWebGpu,
  type GpuAdapter,
  hasRelaxedSimd,
  isSoftware,
  type KernelChoice,
  type NativeCode,
  type StartedWorker,
  type WasmMemory,
  type WasmOptions,
} from '../../backends/index.ts'
import { ResourceError, suggestion, UsageError } from '../../base/index.ts'
import { noAdapter, nodeGpuAdapter, tuningFiles } from './node-gpu.ts'
import { nativeCode } from './node-native.ts'

export interface DefaultBackendOptions {
  /**
   * `auto`: webgpu where the package webgpu finds a GPU, else wasm. Default: wasm. The interpreter is slow, in float64, and
   * the measure of all others.
   */
  readonly backend?: 'auto' | 'wasm' | 'webgpu' | 'interpreter'
  /** Threads in all, at most `mostThreads`; default: as many as this machine offers. */
  readonly threads?: number
  /**
   * Bits of the kernels' vectors: the most that this machine runs (default), 512 (AVX-512), 256 (AVX2), or 128, WebAssembly
   * without machine code. What a machine has not falls back to WebAssembly.
   */
  readonly simd?: 'widest' | '512' | '256' | '128'
  /** `mixed`: sequences of images and products of matrices in float16, on a GPU that has it. Default: float32. */
  readonly precision?: 'float32' | 'mixed'
  /**
   * How layers of the wasm backend choose between event and dense kernels: always events where they can (default), by what
   * both cost on this machine, measured when the backend starts, or as a run before did.
   */
  readonly kernels?: 'events' | 'calibrated' | readonly KernelChoice[]
  /** Most memory, in bytes; wasm takes up to 4 GiB. */
  readonly memoryBytes?: number
  /** A clock, in seconds: with it, the wasm backend keeps the time of every kernel for `kernelTimes`. */
  readonly now?: () => number
}

/** Most threads of a backend: each takes memory of its own, and a machine with more cores is not at hand to try. */
export const mostThreads = 256

/**
 * A backend for this machine. Close it when done; one left open does not keep the process alive.
 * @throws UsageError for an unknown backend or number of threads; ResourceError if its threads cannot start
 */
export async function defaultBackend(options: DefaultBackendOptions = {}): Promise<Backend> {
  const { backend = 'wasm', threads = Math.min(availableThreads(), mostThreads) } = options
  if (!Number.isSafeInteger(threads) || threads < 1 || threads > mostThreads) {
    throw new UsageError({
      what: 'threads out of range',
      expected: `a whole number from 1 to ${mostThreads}`,
      got: String(threads),
      next: `This machine can run ${availableThreads()} at once; more of them only wait for each other.`,
    })
  }
  if (backend === 'interpreter') return createInterpreter()
  if (!backends.includes(backend)) throw unknownBackend(backend)
  const { memoryBytes, now, kernels, precision = 'float32' } = options
  if (backend === 'webgpu' || backend === 'auto') {
    const adapter = await adapterFor(backend)
    if (adapter) {
      const tuning = tuningFiles(cacheFolder())
      return createWebGpu(adapter, { tuning, precision, ...(memoryBytes === undefined ? {} : { memoryBytes }) })
    }
  }
  if (precision === 'mixed') {
    throw new UsageError({
      what: 'mixed precision is for GPUs',
      got: 'the wasm backend',
      next: 'Choose --backend webgpu, or float32.',
    })
  }
  allowRelaxedSimd()
  const wasm: WasmOptions = {
    native: nativeOf(options.simd),
    ...(kernels === 'calibrated' ? { calibrate: () => performance.now() / 1000 } : {}),
    ...(Array.isArray(kernels) ? { kernels } : {}),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(now ? { now } : {}),
  }
  return createWasm(threads > 1 ? { ...wasm, threads, startWorker: startNodeWorker } : wasm)
}

function nativeOf(simd: DefaultBackendOptions['simd']): NativeCode | null {
  if (simd === '128') return null
  if (simd === '256') return nativeCode('avx2')
  return nativeCode(simd === '512' ? 'avx512' : undefined)
}

/** Where a user's programs keep what they can make again. */
function cacheFolder(): string {
  const { join } = process.getBuiltinModule('node:path')
  return join(process.getBuiltinModule('node:os').homedir(), '.cache', 'spikelet')
}

/** For `auto` null where there is no GPU but a program on the CPU. @throws ResourceError where `webgpu` finds none */
async function adapterFor(backend: 'webgpu' | 'auto'): Promise<GpuAdapter | null> {
  if (backend === 'auto') {
    const found = await nodeGpuAdapter().catch(() => null)
    return found && !isSoftware(found.info) ? found : null
  }
  const adapter = await nodeGpuAdapter()
  if (!adapter) throw noAdapter()
  return adapter
}

/** Starts a thread of the wasm backend, which does not keep the process alive once it is ready. */
export function startNodeWorker(memory: WasmMemory, thread: number): StartedWorker {
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const { existsSync } = process.getBuiltinModule('node:fs')
  const file = new URL('./node-worker.js', import.meta.url)
  // No execArgv: flags of the process, such as --input-type, may not fit a thread.
  const worker = new Worker(file, { workerData: { memory, thread }, execArgv: [] })
  const known = { ended: false, task: '' }
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('message', ({ task }: { task: string }) => {
      known.task = task
      worker.unref()
      resolve()
    })
    worker.on('error', (cause) => reject(startFault(thread, cause)))
    worker.on('exit', (code) => {
      known.ended = true
      reject(startFault(thread, new Error(`it ended with code ${code}`)))
    })
  })
  return {
    ready,
    // A thread that waits hears of no event; Linux shows it its neighbours as files.
    isAlive: () => !known.ended && (known.task === '' || existsSync(known.task)),
    async stop() {
      await worker.terminate()
    },
  }
}

function availableThreads(): number {
  return process.getBuiltinModule('node:os').availableParallelism()
}

/** Older Node knows relaxed SIMD, but asks for a flag; it must be set before the first kernel is compiled. */
function allowRelaxedSimd(): void {
  if (hasRelaxedSimd()) return
  process.getBuiltinModule('node:v8').setFlagsFromString('--experimental-wasm-relaxed-simd')
}

/** Names that `backend` can have. */
const backends: readonly string[] = ['auto', 'wasm', 'webgpu', 'interpreter']

function unknownBackend(name: string): UsageError {
  return new UsageError({
    what: `unknown backend '${name}'`,
    expected: backends.join(', '),
    got: `'${name}'`,
    next: suggestion(name, backends),
  })
}

function startFault(thread: number, cause: Error): ResourceError {
  return new ResourceError({
    what: `thread ${thread} of the wasm backend did not start`,
    got: cause.message,
    next: 'From sources, build first; or use one thread (threads: 1).',
    cause,
  })
}
