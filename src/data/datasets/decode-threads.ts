import { type ErrorParts, FormatError, ResourceError } from '../../base/index.ts'

/** One image file of a job. */
export interface DecodeEntry {
  /** Its number in the data set. */
  readonly index: number
  readonly path: string
  readonly bytes: Uint8Array
}

export type DecodeJob = readonly DecodeEntry[]

/** What a decoding thread gets once: where the pixels go, in shared memory. */
export interface DecodeSetup {
  readonly shape: readonly [height: number, width: number, channels: 1 | 3]
  readonly pixels: Uint8Array
  /** Whether images of another size are scaled. */
  readonly scaled: boolean
}

/** Fewer images are decoded before threads would have started. */
const leastImages = 1000
const imagesPerJob = 64

/** How many threads pay for so many images; 0 where there can be none. */
export function decodingThreads(images: number, { pixels }: DecodeSetup): number {
  // Threads run the built package, and need memory that they can share.
  const canStart = typeof process !== 'undefined' && import.meta.url.endsWith('.js')
  if (!canStart || images < leastImages || !(pixels.buffer instanceof SharedArrayBuffer)) return 0
  return Math.min(4, process.getBuiltinModule('node:os').availableParallelism())
}

/**
 * Decodes images in threads, each job by whichever is free; the pixels do not depend on which.
 * @param entries read while threads work, a few jobs ahead of them at most
 * @throws FormatError if an image is damaged or of another size; ResourceError if a thread fails
 */
export async function decodeInThreads(
  threads: number,
  setup: DecodeSetup,
  entries: AsyncIterable<DecodeEntry>,
): Promise<void> {
  const pool = Array.from({ length: threads }, () => startThread(setup))
  const free = [...pool]
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  const begin = async (job: DecodeEntry[]) => {
    while (free.length === 0) await Promise.race(running)
    if (failures.length > 0) throw failures[0]
    const thread = free.pop()!
    const done = thread
      .run(job)
      .catch((error) => void failures.push(error))
      .finally(() => {
        free.push(thread)
        running.delete(done)
      })
    running.add(done)
  }
  try {
    let job: DecodeEntry[] = []
    for await (const entry of entries) {
      job.push(entry)
      if (job.length < imagesPerJob) continue
      await begin(job)
      job = []
    }
    if (job.length > 0) await begin(job)
    await Promise.all(running)
    if (failures.length > 0) throw failures[0]
  } finally {
    await Promise.all(pool.map(({ close }) => close()))
  }
}

interface DecodeThread {
  run(job: DecodeJob): Promise<void>
  close(): Promise<unknown>
}

function startThread(setup: DecodeSetup): DecodeThread {
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const worker = new Worker(new URL('./decode-worker.js', import.meta.url), { workerData: setup, execArgv: [] })
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        const fail = (cause: Error) =>
          reject(new ResourceError({ what: 'a decoding thread failed', got: cause.message, cause }))
        worker.once('error', fail)
        worker.once('message', (fault: ErrorParts | null) => {
          worker.off('error', fail)
          if (fault) reject(new FormatError(fault))
          else resolve()
        })
        worker.postMessage(job)
      }),
    close: () => worker.terminate(),
  }
}
