import type { Backend } from '../backends/index.ts'
import { type Batch, type Dataset, Loader, type LoaderOptions, partOf, type Transform } from '../data/index.ts'
import {
  asLoss,
  confusionMatrix,
  exactMatches,
  type Loss,
  type Measure,
  type OwnLoss,
  type Score,
  scoreOf,
  softTargets,
  summedLogits,
  usualLoss,
} from '../losses/index.ts'
import { activityObserver, type Network } from '../nn/index.ts'
import { loss as lossOf } from '../ops/index.ts'
import { inputTensor, type Tensor } from '../tensor/index.ts'
import { checkFit } from './check-fit.ts'
import { checkLossFits } from './check-targets.ts'
import type { Host, StopSignal } from './host.ts'
import { type Encode, inputOf, usualEncode } from './input.ts'
import { ownLossValues } from './own-loss.ts'
import type { Ranks } from './ranks.ts'

/** Spikes per neuron and time step of one layer: in 0..1, more where neurons count several in a step. */
export interface LayerRate {
  readonly layer: string
  readonly rate: number
}

export interface Evaluation {
  /** What `accuracy` is: of a regression R2, of several labels a sample the share of labels told rightly. */
  readonly measure: Measure
  /** In 0..1 (R2: at most 1); the prediction is the argmax of the logits summed over time. */
  readonly accuracy: number
  /** Of several labels a sample: the share of samples all of whose labels are told rightly. */
  readonly exactMatch?: number
  readonly loss: number
  /** [true class][predicted class], counts; empty where samples have no classes. */
  readonly confusion: readonly (readonly number[])[]
  /** In order of computation. */
  readonly firingRates: readonly LayerRate[]
  readonly images: number
  readonly seconds: number
  readonly imagesPerSecond: number
}

export interface EvaluateOptions {
  /** Default: where the network is. */
  readonly backend: Backend
  readonly host: Host
  readonly T: number
  /** Default 128. */
  readonly batch?: number
  /** Default: `tetLoss()`; squared error for real targets, binary cross entropy for several labels. */
  readonly loss?: Loss | OwnLoss
  readonly transforms?: readonly Transform[]
  readonly encode?: Encode | undefined
  /** Names the random numbers of an encoder. Default 0. */
  readonly seed?: number
  /** The images to judge by; all by default. */
  readonly indices?: Uint32Array
  /** Default 0. */
  readonly loaderThreads?: number
  readonly startLoaderThread?: LoaderOptions['startThread']
  /** The processes that judge together, each its part of the samples; all get the whole result. Default: this one alone. */
  readonly ranks?: Pick<Ranks, 'rank' | 'size' | 'sum'>
  /** Stops between batches; the result is then null. */
  readonly stop?: StopSignal
}

/** Judges a network by a data set, in evaluation mode. Every image counts once; null if it was stopped. */
export async function evaluate(
  network: Network,
  dataset: Dataset,
  options: EvaluateOptions & { readonly stop: StopSignal },
): Promise<Evaluation | null>
export async function evaluate(network: Network, dataset: Dataset, options: EvaluateOptions): Promise<Evaluation>
export async function evaluate(
  network: Network,
  dataset: Dataset,
  options: EvaluateOptions,
): Promise<Evaluation | null> {
  checkFit(network, dataset, options.T)
  const loss = asLoss(options.loss ?? usualLoss(dataset.targets))
  checkLossFits(loss, dataset)
  await network.place(options.backend)
  const { ranks } = options
  const part = partOf(options.indices ?? allOf(dataset), ranks ?? { rank: 0, size: 1 })
  const loader = evaluationLoader(dataset, { ...options, indices: part.indices })
  const tally = new Tally(dataset.classes.length, scoreOf(dataset, options.indices))
  const { clock, pause } = options.host
  const started = clock()
  try {
    for await (const batch of loader.epoch()) {
      if (options.stop?.aborted) return null
      await judge(network, batch, tally, { encode: usualEncode(dataset), ...options, loss })
      await pause()
    }
  } finally {
    await loader.close()
  }
  if (ranks) tally.join(ranks, part.share > 0)
  return tally.result(clock() - started)
}

/** Random numbers of an encoder are named by the batch; those of another rank's batches are others. */
function ofRank(rank: number): number {
  return rank * 2 ** 20
}

function allOf({ length }: Dataset): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => i)
}

function evaluationLoader(dataset: Dataset, options: EvaluateOptions): Loader {
  const { batch = 128, transforms = [], indices, loaderThreads = 0, startLoaderThread, seed = 0 } = options
  return new Loader(dataset, {
    batchSize: batch,
    seed,
    transforms,
    shuffle: false,
    lastBatch: 'keep',
    threads: loaderThreads,
    ...(indices ? { indices } : {}),
    ...(startLoaderThread ? { startThread: startLoaderThread } : {}),
  })
}

async function judge(
  network: Network,
  { images, labels, targets: given, position }: Batch,
  tally: Tally,
  { backend, T, encode, seed = 0, loss, ranks }: EvaluateOptions & { readonly loss: Loss },
): Promise<void> {
  backend.beginStep()
  try {
    const { observe, rates } = activityObserver({ backend })
    const key = seed + position + ofRank(ranks?.rank ?? 0)
    const x = inputOf(network, backend, images, { T, seed: key, encode })
    const logits = network.forward(x, { backend, tape: null, training: false, T, key, observe })
    const classes = logits.shape[2]
    const values = await backend.read(logits.handle)
    const targets = softTargets(loss, { labels, ...(given ? { targets: given } : {}) }, classes)
    const batch = { labels, targets, T: logits.shape[0], N: labels.length, classes }
    const mean = loss.own
      ? ownLossValues(loss.own, values, batch).value
      : await meanLoss(backend, loss, { logits, targets, T })
    const outputs = summedLogits(values, batch.T).map((sum) => sum / batch.T)
    const activity = (await rates()).map(({ path, firingRate }) => ({ layer: path, rate: firingRate }))
    tally.add(outputs, { labels, targets: given }, mean, activity)
  } finally {
    backend.endStep()
  }
}

async function meanLoss(
  backend: Backend,
  loss: Loss,
  { logits, targets, T }: { readonly logits: Tensor; readonly targets: Float64Array; readonly T: number },
): Promise<number> {
  const [, N, classes] = logits.shape
  const onBackend = inputTensor(backend.tensor([N, classes], targets))
  const value = lossOf({ backend, tape: null }, logits, onBackend, loss.options(T))
  return (await backend.read(value.handle))[0]
}

/** Sums over batches. */
class Tally {
  private readonly classes: number
  private readonly score: Score
  private readonly confusion: Uint32Array
  private readonly rates = new Map<string, number>()
  private images = 0
  private correct = 0
  private exact = 0
  private loss = 0

  constructor(classes: number, score: Score) {
    this.classes = classes
    this.score = score
    this.confusion = new Uint32Array(score.measure === 'accuracy' ? classes * classes : 0)
  }

  /** @param outputs [N, K], means over time */
  add(
    outputs: Float64Array,
    { labels, targets }: { readonly labels: Int32Array; readonly targets: Float32Array | undefined },
    loss: number,
    rates: readonly LayerRate[],
  ): void {
    const n = labels.length
    this.images += n
    this.loss += loss * n
    this.correct += this.score.sum(outputs, { labels, ...(targets ? { targets } : {}) }, this.classes)
    if (targets) this.exact += exactMatches(outputs, targets, this.classes)
    else this.count(confusionMatrix(outputs, labels, this.classes))
    for (const { layer, rate } of rates) this.rates.set(layer, (this.rates.get(layer) ?? 0) + rate * n)
  }

  private count(confusion: Uint32Array): void {
    confusion.forEach((count, i) => {
      this.confusion[i] += count
    })
  }

  /** Adds up over ranks. @param counts whether the own samples do; else they stand in for none */
  join(ranks: Pick<Ranks, 'sum'>, counts: boolean): void {
    const layers = [...this.rates.keys()]
    const own = [this.images, this.correct, this.exact, this.loss, ...this.confusion, ...this.rates.values()]
    const message = Float64Array.from(own, (value) => (counts ? value : 0))
    ranks.sum(message)
    const [images, correct, exact, loss, ...rest] = message
    this.images = images
    this.correct = correct
    this.exact = exact
    this.loss = loss
    this.confusion.set(rest.slice(0, this.confusion.length))
    layers.forEach((layer, i) => {
      this.rates.set(layer, rest[this.confusion.length + i])
    })
  }

  result(seconds: number): Evaluation {
    const { classes, images } = this
    const { measure } = this.score
    return {
      measure,
      ...(measure === 'label accuracy' ? { exactMatch: this.exact / images } : {}),
      accuracy: this.correct / images,
      loss: this.loss / images,
      confusion: Array.from({ length: this.confusion.length / classes }, (_, i) => [
        ...this.confusion.subarray(i * classes, (i + 1) * classes),
      ]),
      firingRates: [...this.rates].map(([layer, sum]) => ({ layer, rate: sum / images })),
      images,
      seconds,
      imagesPerSecond: seconds > 0 ? images / seconds : 0,
    }
  }
}
