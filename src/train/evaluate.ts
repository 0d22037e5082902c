import type { Backend } from '../backends/index.ts'
import { type Dataset, Loader, type LoaderOptions, type Transform } from '../data/index.ts'
import { asLoss, confusionMatrix, type Loss, type OwnLoss, summedLogits, tetLoss } from '../losses/index.ts'
import { activityObserver, type Network } from '../nn/index.ts'
import { loss as lossOf } from '../ops/index.ts'
import { inputTensor, type Tensor } from '../tensor/index.ts'
import { checkFit } from './check-fit.ts'
import type { Host, StopSignal } from './host.ts'
import { type Encode, inputOf, usualEncode } from './input.ts'
import { ownLossValues } from './own-loss.ts'

import { hits } from './training-step.ts'

/** Spikes per neuron and time step of one layer: in 0..1, more where neurons count several in a step. */
export interface LayerRate {
  readonly layer: string
  readonly rate: number
}

export interface Evaluation {
  /** In 0..1; the prediction is the argmax of the logits summed over time. */
  readonly accuracy: number
  readonly loss: number
  /** [true class][predicted class], counts. */
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
  /** Default: `tetLoss()`. */
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
  await network.place(options.backend)
  const loader = evaluationLoader(dataset, options)
  const tally = new Tally(dataset.classes.length)
  const { clock, pause } = options.host
  const started = clock()
  try {
    for await (const batch of loader.epoch()) {
      if (options.stop?.aborted) return null
      await judge(network, batch, tally, { encode: usualEncode(dataset), ...options })
      await pause()
    }
  } finally {
    await loader.close()
  }
  return tally.result(clock() - started)
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
  { images, labels, position }: { images: Float32Array; labels: Int32Array; position: number },
  tally: Tally,
  { backend, T, encode, seed = 0, loss: given = tetLoss() }: EvaluateOptions,
): Promise<void> {
  const loss = asLoss(given)
  backend.beginStep()
  try {
    const { observe, rates } = activityObserver({ backend })
    const x = inputOf(network, backend, images, { T, seed: seed + position, encode })
    const logits = network.forward(x, { backend, tape: null, training: false, T, key: seed + position, observe })
    const classes = logits.shape[2]
    const values = await backend.read(logits.handle)
    const batch = { labels, T: logits.shape[0], N: labels.length, classes }
    const mean = loss.own
      ? ownLossValues(loss.own, values, batch).value
      : await meanLoss(backend, loss, { logits, labels, T })
    const scores = summedLogits(values, logits.shape[0])
    const activity = (await rates()).map(({ path, firingRate }) => ({ layer: path, rate: firingRate }))
    tally.add(scores, labels, mean, activity)
  } finally {
    backend.endStep()
  }
}

async function meanLoss(
  backend: Backend,
  loss: Loss,
  { logits, labels, T }: { readonly logits: Tensor; readonly labels: Int32Array; readonly T: number },
): Promise<number> {
  const classes = logits.shape[2]
  const targets = backend.tensor([labels.length, classes], loss.targets(labels, classes))
  const value = lossOf({ backend, tape: null }, logits, inputTensor(targets), loss.options(T))
  return (await backend.read(value.handle))[0]
}

/** Sums over batches. */
class Tally {
  private readonly classes: number
  private readonly confusion: Uint32Array
  private readonly rates = new Map<string, number>()
  private images = 0
  private correct = 0
  private loss = 0

  constructor(classes: number) {
    this.classes = classes
    this.confusion = new Uint32Array(classes * classes)
  }

  add(scores: Float64Array, labels: Int32Array, loss: number, rates: readonly LayerRate[]): void {
    const n = labels.length
    this.images += n
    this.loss += loss * n
    this.correct += hits(scores, labels, this.classes)
    confusionMatrix(scores, labels, this.classes).forEach((count, i) => {
      this.confusion[i] += count
    })
    for (const { layer, rate } of rates) this.rates.set(layer, (this.rates.get(layer) ?? 0) + rate * n)
  }

  result(seconds: number): Evaluation {
    const { classes, images } = this
    return {
      accuracy: this.correct / images,
      loss: this.loss / images,
      confusion: Array.from({ length: classes }, (_, i) => [
        ...this.confusion.subarray(i * classes, (i + 1) * classes),
      ]),
      firingRates: [...this.rates].map(([layer, sum]) => ({ layer, rate: sum / images })),
      images,
      seconds,
      imagesPerSecond: seconds > 0 ? images / seconds : 0,
    }
  }
}
