import type { PackedSamples, SampleLayout } from '../datasets/index.ts'
import type { Mixing, TransformDescription } from '../transforms/index.ts'

/** What a loader thread gets once. All arrays lie in shared memory. */
export interface ThreadSetup {
  layout: SampleLayout
  seed: number
  transforms: readonly TransformDescription[]
  mixing?: Mixing
  /** [length, H, W, C], or packed recordings. */
  samples: Uint8Array | PackedSamples
  /** The ring: batches of [batchSize, (T,) H, W, C] that threads fill. */
  slots: readonly Float32Array[]
}

/** Fill a slot with these images. */
export interface ThreadJob {
  id: number
  slot: number
  epoch: number
  indices: Uint32Array
}

export interface ThreadEvents {
  done(id: number): void
  failed(error: unknown): void
}

export interface LoaderThread {
  send(job: ThreadJob): void
  /** While somebody waits for this thread, the process must not end. */
  hold(waited: boolean): void
  close(): Promise<void>
}

/** How threads start differs between Node and pages; the loader takes it as a value. */
export type StartLoaderThread = (setup: ThreadSetup, events: ThreadEvents) => LoaderThread
