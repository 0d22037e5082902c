import { ResourceError } from '../../base/index.ts'
import { type Dataset, inSharedMemory, layoutOf, sampleValues } from '../datasets/index.ts'
import type { Mixing, Transform } from '../transforms/index.ts'
import type { LoaderThread, StartLoaderThread, ThreadSetup } from './thread.ts'

/** Which batch: its epoch, its position there, and the images it holds. */
export interface BatchRequest {
  epoch: number
  position: number
  indices: Uint32Array
  whole: number
  share: number
}

interface Pending extends BatchRequest {
  slot: number
  finished: Promise<void>
}

export interface RingOptions {
  transforms: readonly Transform[]
  mixing?: Mixing | undefined
  seed: number
  batchSize: number
  threads: number
  /** Batches made ahead of the one asked for. */
  ahead: number
  startThread: StartLoaderThread
}

/** Batches made ahead by threads, in a ring of shared memory. */
export class BatchRing {
  private readonly threads: LoaderThread[]
  private readonly slots: Float32Array[]
  private readonly free: number[]
  private readonly ahead: number
  private readonly imageSize: number
  private pending: Pending[] = []
  private readonly waiting = new Map<number, { resolve(): void; reject(error: unknown): void }>()
  private failure: unknown
  private nextId = 0

  constructor(dataset: Dataset, options: RingOptions) {
    const { transforms, mixing, seed, batchSize, threads, ahead, startThread } = options
    this.ahead = ahead
    this.imageSize = sampleValues(dataset)
    const bytes = batchSize * this.imageSize * Float32Array.BYTES_PER_ELEMENT
    this.slots = Array.from({ length: ahead }, () => new Float32Array(new SharedArrayBuffer(bytes)))
    this.free = this.slots.map((_, slot) => slot)
    const setup: ThreadSetup = {
      layout: layoutOf(dataset),
      seed,
      transforms: transforms.map(({ name, options: values }) => ({ name, options: values })),
      ...(mixing ? { mixing } : {}),
      samples: dataset.packed ?? inSharedMemory(dataset).pixels,
      slots: this.slots,
    }
    const events = { done: (id: number) => this.finish(id), failed: (error: unknown) => this.fail(error) }
    this.threads = Array.from({ length: threads }, () => startThread(setup, events))
  }

  /**
   * The images of a batch, once a thread has made them.
   * @param upcoming the batches from this one on; as many as there is room for are begun
   * @throws ResourceError if a thread failed
   */
  async take(upcoming: Iterable<BatchRequest>): Promise<Float32Array> {
    const requests = upcoming[Symbol.iterator]()
    const first: BatchRequest = requests.next().value
    const { epoch, position } = this.pending[0] ?? {}
    if (epoch !== first.epoch || position !== first.position) await this.discard()
    this.begin([first, ...take(requests, this.ahead - 1)])
    const head = this.pending.shift()!
    await this.waitFor(head)
    const images = this.slots[head.slot].slice(0, head.indices.length * this.imageSize)
    this.free.push(head.slot)
    this.begin(take(requests, 1))
    return images
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.close()))
    this.fail(new Error('the loader was closed'))
  }

  /** Gives the requests that are not begun yet to the threads, in turn. */
  private begin(requests: readonly BatchRequest[]): void {
    for (const request of requests) {
      if (this.pending.some(({ epoch, position }) => epoch === request.epoch && position === request.position)) continue
      const slot = this.free.shift()
      if (slot === undefined) return
      const id = this.nextId++
      const finished = new Promise<void>((resolve, reject) => this.waiting.set(id, { resolve, reject }))
      finished.catch(() => {}) // told to whoever takes this batch
      this.pending.push({ ...request, slot, finished })
      if (this.failure !== undefined) this.fail(this.failure)
      else this.threads[id % this.threads.length].send({ id, slot, epoch: request.epoch, indices: request.indices })
    }
  }

  private async waitFor({ finished }: Pending): Promise<void> {
    for (const thread of this.threads) thread.hold(true)
    try {
      await finished
    } finally {
      for (const thread of this.threads) thread.hold(false)
    }
  }

  /** Somebody asks for other batches than those begun: lets these end, and forgets them. */
  private async discard(): Promise<void> {
    const dropped = this.pending
    this.pending = []
    for (const job of dropped) {
      await this.waitFor(job)
      this.free.push(job.slot)
    }
  }

  private finish(id: number): void {
    this.waiting.get(id)?.resolve()
    this.waiting.delete(id)
  }

  private fail(cause: unknown): void {
    this.failure ??= cause
    for (const { reject } of this.waiting.values()) {
      reject(
        new ResourceError({
          what: 'a loader thread failed',
          got: cause instanceof Error ? cause.message : String(cause),
          next: 'Load without threads (threads: 0) to see the fault itself.',
          cause,
        }),
      )
    }
    this.waiting.clear()
  }
}

function take<T>(items: Iterator<T>, count: number): T[] {
  const taken: T[] = []
  while (taken.length < count) {
    const { done, value } = items.next()
    if (done) break
    taken.push(value)
  }
  return taken
}
