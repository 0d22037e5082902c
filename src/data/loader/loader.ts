import { ResourceError, UsageError } from '../../base/index.ts'
import { type Dataset, sampleValues, type Targets } from '../datasets/index.ts'
import {
  checkMixing,
  drawMixes,
  type ImagePipeline,
  imagePipeline,
  isDescribable,
  type Mixing,
  type Transform,
} from '../transforms/index.ts'
import { type BatchOrder, batchOrder, type LastBatch } from './batch-order.ts'
import { type BatchPart, partOf } from './batch-part.ts'
import { type BatchRequest, BatchRing } from './batch-ring.ts'
import { fillBatch } from './fill-batch.ts'
import { startNodeThread } from './node-thread.ts'
import type { StartLoaderThread } from './thread.ts'

export interface Batch {
  /** [N, H, W, C], or [N, T, H, W, C] of recordings; the batch's own memory. */
  images: Float32Array
  /** [N] */
  labels: Int32Array
  /** [N, size], where the data set has real targets or several labels a sample. */
  targets?: Float32Array
  /** What each image was mixed with, where the loader mixes. */
  mix?: LabelMix
  /** [N], each image's number in the data set. */
  indices: Uint32Array
  /** Images of the whole batch, of which several ranks have a part each; N where there is one. */
  whole: number
  /** This part of the whole; 0 where an image of another's part stands in, for want of any. */
  share: number
  epoch: number
  /** 0 for an epoch's first batch. */
  position: number
}

/** Labels of images that were mixed: `own` of the image's label, the rest of the other's. */
export interface LabelMix {
  /** [N] */
  readonly others: Int32Array
  /** [N], in 0..1 */
  readonly own: Float32Array
}

/** Where a run is: the next batch it takes. All that a checkpoint needs to know of a loader. */
export interface LoaderState {
  epoch: number
  position: number
}

export interface LoaderOptions {
  batchSize: number
  seed: number
  transforms?: readonly Transform[]
  /** Mixes the images of a batch, and their labels. Default: none. */
  mixing?: Mixing | undefined
  /** The images to load, by number; all by default. */
  indices?: Uint32Array
  /** In a new order each epoch; true by default. */
  shuffle?: boolean
  /** 'drop-one' by default; use 'keep' for evaluation. */
  lastBatch?: LastBatch
  /** Threads that make batches ahead; 0 (default) makes each when it is asked for. The bits are the same. */
  threads?: number
  /** Batches in the ring; twice the threads and one by default. */
  ahead?: number
  startThread?: StartLoaderThread
  /** Which part of every batch to load, where several processes share the work. Default: all of it. */
  part?: BatchPart
}

/**
 * Yields batches, shuffled and transformed, made ahead of time by threads.
 * Which images a batch holds, and how they look, depends on seed, epoch and position alone.
 */
export class Loader {
  readonly batchesPerEpoch: number
  readonly imagesPerEpoch: number
  /** Seconds that consumers waited for batches (without threads: all the time that making them took). */
  waitedSeconds = 0
  /** The next batch of the run. Set it to continue a run elsewhere. */
  state: LoaderState = { epoch: 0, position: 0 }
  private readonly dataset: Dataset
  private readonly order: BatchOrder
  private readonly part: BatchPart
  private readonly pipeline: ImagePipeline
  private readonly mixing: { readonly how: Mixing; readonly seed: number } | undefined
  private readonly ring: BatchRing | undefined
  private busy = false
  private closed = false

  /** @throws UsageError if an option is out of range; ResourceError if memory cannot be shared with threads */
  constructor(dataset: Dataset, options: LoaderOptions) {
    const { batchSize, seed, transforms = [], shuffle = true, lastBatch = 'drop-one', threads = 0 } = options
    const { ahead = 2 * threads + 1, startThread = startNodeThread, mixing } = options
    checkCounts({ batchSize, threads: threads + 1, ahead })
    const indices = checkIndices(options.indices, dataset)
    this.dataset = dataset
    this.part = options.part ?? { rank: 0, size: 1 }
    const { size, sharesStatistics = false } = this.part
    const least = sharesStatistics ? 2 : 2 * size
    checkParts(batchSize, least, this.part)
    this.order = batchOrder(indices, { batchSize, seed, shuffle, lastBatch, least })
    this.batchesPerEpoch = this.order.batchesPerEpoch
    this.imagesPerEpoch = this.order.imagesPerEpoch
    this.pipeline = imagePipeline(dataset, transforms, seed)
    if (mixing) checkMixing(mixing)
    this.mixing = mixing && { how: mixing, seed }
    if (threads > 0) {
      checkThreads(transforms)
      this.ring = new BatchRing(dataset, { transforms, mixing, seed, batchSize, threads, ahead, startThread })
    }
  }

  /**
   * The batches from `state` to the end of its epoch, which is then the next epoch's start. Take one epoch at a time.
   * @throws UsageError if another epoch is being read, or the loader is closed
   */
  async *epoch(): AsyncGenerator<Batch> {
    if (this.busy || this.closed) {
      throw new UsageError({ what: this.closed ? 'the loader is closed' : 'the loader is reading an epoch already' })
    }
    this.busy = true
    try {
      const { epoch, position: first } = this.state
      const batches = this.order.epoch(epoch)
      let next: Uint32Array[] | undefined
      const request = (position: number): BatchRequest => {
        if (position < batches.length) return { epoch, position, ...partOf(batches[position], this.part) }
        next ??= this.order.epoch(epoch + 1)
        const at = position - batches.length
        return { epoch: epoch + 1, position: at, ...partOf(next[at], this.part) }
      }
      for (let position = first; position < batches.length; position++) {
        const batch = await this.make(position, request, 2 * batches.length)
        this.state =
          position + 1 < batches.length ? { epoch, position: position + 1 } : { epoch: epoch + 1, position: 0 }
        yield batch
      }
    } finally {
      this.busy = false
    }
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    this.closed = true
    await this.ring?.close()
  }

  private async make(position: number, request: (position: number) => BatchRequest, end: number): Promise<Batch> {
    const started = performance.now()
    const wanted = request(position)
    const images = this.ring
      ? await this.ring.take(requestsFrom(position, request, end))
      : new Float32Array(wanted.indices.length * sampleValues(this.dataset))
    if (!this.ring) fillBatch(this.pipeline, this.dataset, this.dataset.image, wanted, images, this.mixing)
    this.waitedSeconds += (performance.now() - started) / 1000
    const labels = Int32Array.from(wanted.indices, (index) => this.dataset.label(index))
    const targets = this.dataset.targets && targetsOf(this.dataset.targets, wanted.indices)
    const known = { images, labels, ...(targets ? { targets } : {}) }
    return { ...known, ...(this.mixing ? { mix: this.mixOf(labels, wanted, this.mixing) } : {}), ...wanted }
  }

  /** The labels' side of what `fillBatch` did: the same draws, made anew. */
  private mixOf(labels: Int32Array, wanted: BatchRequest, { how, seed }: { how: Mixing; seed: number }): LabelMix {
    const mixes = drawMixes(how, this.dataset, { ...wanted, seed })
    const before = labels.length - 1
    return {
      others: labels.map((_, k) => labels[(k + before) % labels.length]),
      own: Float32Array.from(mixes, ({ own }) => own),
    }
  }
}

function targetsOf({ size, values }: Targets, indices: Uint32Array): Float32Array {
  const chosen = new Float32Array(indices.length * size)
  indices.forEach((index, k) => void chosen.set(values.subarray(index * size, (index + 1) * size), k * size))
  return chosen
}

function* requestsFrom(
  first: number,
  request: (position: number) => BatchRequest,
  end: number,
): Generator<BatchRequest> {
  for (let position = first; position < end; position++) yield request(position)
}

function checkCounts(counts: Record<string, number>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (Number.isSafeInteger(count) && count >= 1) continue
    const least = name === 'threads' ? 0 : 1
    throw new UsageError({
      what: `loader: ${name} out of range`,
      expected: `a whole number, ${least} or more`,
      got: String(count - 1 + least),
    })
  }
}

/** @throws UsageError where a rank's part of a batch would be a single image */
function checkParts(batchSize: number, least: number, { size }: BatchPart): void {
  if (size === 1 || batchSize >= least) return
  throw new UsageError({
    what: `a batch of ${batchSize} is too small for ${size} ranks`,
    expected: `${least} images or more: BatchNorm of each rank needs two`,
    got: String(batchSize),
    next: 'Raise --batch, start fewer ranks, or share the statistics: --sync-batchnorm.',
  })
}

function checkIndices(indices: Uint32Array | undefined, dataset: Dataset): Uint32Array {
  if (!indices) return Uint32Array.from({ length: dataset.length }, (_, i) => i)
  const wrong = indices.find((index) => index >= dataset.length)
  if (wrong === undefined) return indices
  throw new UsageError({
    what: 'loader: no such image',
    place: dataset.name,
    expected: `numbers below ${dataset.length}`,
    got: String(wrong),
  })
}

function checkThreads(transforms: readonly Transform[]): void {
  const own = transforms.find((transform) => !isDescribable(transform))
  if (own) {
    throw new UsageError({
      what: `loader: transform '${own.name}' cannot be sent to a thread`,
      next: 'Load without threads (threads: 0).',
    })
  }
  if (typeof SharedArrayBuffer === 'undefined') {
    throw new ResourceError({
      what: 'this page may not share memory with threads',
      next: 'Serve it with the headers COOP same-origin and COEP require-corp, or load without threads (threads: 0).',
    })
  }
}
