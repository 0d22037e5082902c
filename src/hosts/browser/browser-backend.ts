import {
  type Backend,
  createInterpreter,
  createWasm,
  createWebGpu,
  isSoftware,
  type StartedWorker,
  type WasmMemory,
} from '../../backends/index.ts'
import { ResourceError, UsageError } from '../../base/index.ts'

export interface PageBackendOptions {
  /** `auto`: webgpu where the browser offers a GPU, else wasm. Default: wasm. */
  readonly backend?: 'auto' | 'wasm' | 'webgpu' | 'interpreter'
  /**
   * Threads of wasm in all. Default: all of them in a worker of a page that is cross-origin isolated, else one; more than one
   * is not possible anywhere else.
   */
  readonly threads?: number
  /** Whether wasm may use relaxed SIMD, whose last bits depend on the processor. Default: where the browser has it. */
  readonly relaxedSimd?: boolean
  /** Most memory, in bytes. Default: 2 GiB, of which a browser only takes what is used. */
  readonly memoryBytes?: number
}

/** Whether threads can share memory here: a worker of a page with COOP and COEP headers. */
export function canThread(): boolean {
  const inPage = typeof document !== 'undefined'
  return globalThis.crossOriginIsolated === true && !inPage
}

/**
 * A backend for this page or worker.
 * @throws ResourceError where `webgpu` finds no GPU; UsageError for an unknown name
 */
export async function pageBackend(options: PageBackendOptions = {}): Promise<Backend> {
  const { backend = 'wasm', memoryBytes = 2 ** 31 } = options
  if (backend === 'interpreter') return createInterpreter()
  if (backend === 'webgpu' || backend === 'auto') {
    const adapter = (await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? null
    if (adapter && (backend === 'webgpu' || !isSoftware(adapter.info))) return createWebGpu(adapter, { memoryBytes })
    if (backend === 'webgpu') throw noGpu()
  } else if (backend !== 'wasm') {
    throw new UsageError({ what: `unknown backend '${String(backend)}'`, expected: 'auto, wasm, webgpu, interpreter' })
  }
  const threads = canThread() ? (options.threads ?? navigator.hardwareConcurrency) : 1
  const shared = { memoryBytes, ...(options.relaxedSimd === undefined ? {} : { relaxedSimd: options.relaxedSimd }) }
  return createWasm(threads > 1 ? { ...shared, threads, startWorker: startPageWorker } : shared)
}

/** Starts a thread of the wasm backend: `browser-worker.js`, beside the module that this one is part of. */
function startPageWorker(memory: WasmMemory, thread: number): StartedWorker {
  const worker = new Worker(new URL('./browser-worker.js', import.meta.url), { type: 'module' })
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve()
    worker.onerror = ({ message }) => reject(startFault(thread, message))
  })
  worker.postMessage({ memory, thread })
  return {
    ready,
    async stop() {
      worker.terminate()
    },
  }
}

function startFault(thread: number, message: string): ResourceError {
  return new ResourceError({
    what: `thread ${thread} of the wasm backend did not start`,
    got: message || 'no reason given',
    next: "Serve browser-worker.js beside your bundle (Vite 7: optimizeDeps: { exclude: ['spikelet'] }), or use `threads: 1`.",
  })
}

function noGpu(): ResourceError {
  return new ResourceError({
    what: 'this browser offers no GPU',
    got: navigator.gpu ? 'no WebGPU adapter' : 'no navigator.gpu',
    next: "Use a browser with WebGPU over https or localhost, or backend: 'wasm'.",
  })
}
