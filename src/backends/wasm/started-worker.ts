import type { WasmMemory } from './wasm-memory.ts'

/** A worker thread as the host gives it: it runs `serve(memory, thread)` of worker-loop.ts. */
export interface StartedWorker {
  readonly ready: Promise<void>
  /** Whether it still runs, where the host can tell while this thread waits. Default: it is believed to. */
  readonly isAlive?: () => boolean
  stop(): Promise<void>
}

export type WorkerStarter = (memory: WasmMemory, thread: number) => StartedWorker
