import { type Backend, createWasm } from '../backends/index.ts'
import { ShapeError, sizeOf, UsageError } from '../base/index.ts'
import { encoders, imagePipeline, type SampleLayout, type Transform } from '../data/index.ts'
import { predictions, summedLogits } from '../losses/index.ts'
import type { Network } from '../nn/index.ts'
import type { Checkpoint } from './checkpoint.ts'
import { type Encode, inputOf } from './input.ts'
import { type SampleFacts, sampleFacts } from './sample-facts.ts'

/** What a network says of one sample. */
export interface Prediction {
  /** What its training led to: one class, several labels, or numbers, which are the `outputs`. */
  readonly kind: 'class' | 'labels' | 'numbers'
  /** The class with the largest output; -1 for numbers. */
  readonly label: number
  /** Its name, or its number where the names are not known; empty for numbers. */
  readonly name: string
  /** Of several labels: those whose share is above one half, in their order. Of one class: that class. None for numbers. */
  readonly labels: readonly number[]
  /** In 0..1: of classes the softmax of the outputs, of several labels the sigmoid of each output; empty for numbers. */
  readonly shares: Float64Array
  /** Outputs, the mean over time, [outputs]. */
  readonly outputs: Float64Array
}

export interface PredictOptions {
  /** Time steps. Default: what the network was trained with. */
  readonly T?: number
  /** Default: what the network was trained with; else a still sample is shown at every step. */
  readonly encode?: Encode
  /** Default: those of the training's evaluation. */
  readonly transforms?: readonly Transform[]
  /** Default: the backend that holds the network, else one made for this call. */
  readonly backend?: Backend
  /** Samples that are computed together. Default 64. */
  readonly batch?: number
  /** Names the random numbers of an encoder. Default 0. */
  readonly seed?: number
}

/** One sample: bytes, which become 0..1, or numbers as they are. [H, W, C], or T frames of it one after the other. */
export type Sample = Uint8Array | Uint8ClampedArray | Float32Array | Float64Array

/**
 * What a network says of samples, in evaluation mode. Of a checkpoint, time steps, encoding and normalisation are those of
 * the training.
 * @param network a checkpoint as `loadNetwork` gives it, or a network, for which `T` says how many steps
 * @param samples one sample, or a list of them; each as long as the network's input, or T times as long
 * @returns a prediction, or a list of them in the same order
 * @throws ShapeError where a sample has another length; UsageError where nothing says T
 */
export async function predict(
  network: Network | Checkpoint,
  samples: Sample,
  options?: PredictOptions,
): Promise<Prediction>
export async function predict(
  network: Network | Checkpoint,
  samples: readonly Sample[],
  options?: PredictOptions,
): Promise<Prediction[]>
export async function predict(
  network: Network | Checkpoint,
  samples: Sample | readonly Sample[],
  options: PredictOptions = {},
): Promise<Prediction | Prediction[]> {
  const net = 'net' in network ? network.net : network
  const known = 'net' in network ? knownFacts(network, options) : undefined
  const { classes, targets } = known ?? {}
  const facts = { ...known, ...options, T: stepsOf(net, known, options), classes, targets }
  const list = isSample(samples) ? [samples] : samples
  for (const [i, sample] of list.entries()) checkSample(sample, i, net, facts)
  const found = await onBackend(net, options.backend, async (backend) => {
    const all: Prediction[] = []
    for (const group of alike(list, options.batch ?? 64)) all.push(...(await judged(net, backend, group, facts)))
    return all
  })
  return isSample(samples) ? found[0] : found
}

interface Facts {
  readonly T: number
  readonly encode?: Encode | undefined
  readonly transforms?: readonly Transform[] | undefined
  readonly classes: readonly string[] | undefined
  readonly targets: SampleFacts['targets']
  readonly seed?: number
}

/** What the options leave open comes from the record; what they say need not be readable there. */
function knownFacts({ training }: Checkpoint, given: PredictOptions): SampleFacts {
  return sampleFacts(training, 'checkpoint', given)
}

function stepsOf(net: Network, known: SampleFacts | undefined, { T = known?.T }: PredictOptions): number {
  if (T !== undefined && Number.isSafeInteger(T) && T >= 1) return T
  throw new UsageError({
    what: 'predict: the number of time steps is not known',
    place: net.name,
    expected: 'a checkpoint, or T, a whole number, 1 or more',
    got: T === undefined ? 'a network without T' : String(T),
    next: 'Give T as the network was trained.',
  })
}

function isSample(samples: Sample | readonly Sample[]): samples is Sample {
  return ArrayBuffer.isView(samples)
}

/** Whether a sample is T frames; one of a single step is a still. */
function isSequence(sample: Sample, net: Network, { T, encode }: Facts): boolean {
  return sample.length === T * sizeOf(net.input) && (T > 1 || encode === encoders.frames)
}

function checkSample(sample: Sample, i: number, net: Network, facts: Facts): void {
  const { T, encode } = facts
  const size = sizeOf(net.input)
  const takesFrames = encode === undefined || encode === encoders.frames
  const takesStills = encode !== encoders.frames
  if (ArrayBuffer.isView(sample)) {
    if (takesFrames && sample.length === T * size) return
    if (takesStills && sample.length === size) return
  }
  const still = `${size} values, [${net.input.join(', ')}]`
  const frames = `${T * size} values, [${[T, ...net.input].join(', ')}]`
  throw new ShapeError({
    what: 'a sample does not fit the network',
    place: `${net.name}, sample ${i}`,
    expected: takesFrames && takesStills ? `${still}, or ${frames}` : takesStills ? still : frames,
    got: ArrayBuffer.isView(sample) ? `${sample.length} values` : `${typeof sample}, not a typed array`,
  })
}

/** Neighbours of one kind and length, at most `most` at once. */
function* alike(samples: readonly Sample[], most: number): Generator<Sample[]> {
  let group: Sample[] = []
  for (const sample of samples) {
    const [first] = group
    const fits = first && first.length === sample.length && first.constructor === sample.constructor
    if (first && (!fits || group.length === most)) {
      yield group
      group = []
    }
    group.push(sample)
  }
  if (group.length > 0) yield group
}

async function judged(net: Network, backend: Backend, group: readonly Sample[], facts: Facts): Promise<Prediction[]> {
  const { T, seed = 0 } = facts
  const sequence = isSequence(group[0], net, facts)
  const encode = facts.encode ?? (sequence ? encoders.frames : encoders.direct)
  const values = prepared(net, group, sequence ? T : undefined, facts.transforms ?? [])
  backend.beginStep()
  try {
    const x = inputOf(net, backend, values, { T, seed, encode })
    const logits = net.forward(x, { backend, tape: null, training: false, T, key: 0 })
    const [steps] = logits.shape
    const means = summedLogits(await backend.read(logits.handle), steps).map((sum) => sum / steps)
    const size = sizeOf(net.output)
    return group.map((_, n) => predictionOf(means.slice(n * size, (n + 1) * size), facts))
  } finally {
    backend.endStep()
  }
}

/** What outputs say. @param outputs of one sample, the mean over time */
export function predictionOf(
  outputs: Float64Array,
  { classes, targets }: Pick<SampleFacts, 'classes' | 'targets'>,
): Prediction {
  if (targets === 'numbers')
    return { kind: 'numbers', label: -1, name: '', labels: [], shares: new Float64Array(0), outputs }
  const [label] = predictions(outputs, outputs.length)
  const name = classes?.[label] ?? String(label)
  if (targets === undefined) return { kind: 'class', label, name, labels: [label], shares: softmax(outputs), outputs }
  const shares = outputs.map((output) => 1 / (1 + Math.exp(-output)))
  const labels = [...shares.keys()].filter((k) => shares[k] > 0.5)
  return { kind: 'labels', label, name, labels, shares, outputs }
}

/** Samples through the transforms, one after the other. */
function prepared(
  net: Network,
  group: readonly Sample[],
  steps: number | undefined,
  transforms: readonly Transform[],
): Float32Array {
  const [height, width, channels] = net.input.length === 3 ? net.input : [1, 1, sizeOf(net.input)]
  const bytes = group[0] instanceof Uint8Array || group[0] instanceof Uint8ClampedArray
  const layout: SampleLayout = { shape: [height, width, channels], ...(steps === undefined ? {} : { steps }) }
  const still = bytes && steps === undefined
  const pipeline = imagePipeline(
    still || steps !== undefined ? layout : { ...layout, values: 'float32' },
    transforms,
    0,
  )
  const size = group[0].length
  const values = new Float32Array(group.length * size)
  for (const [n, sample] of group.entries()) {
    const stored = still ? Uint8Array.from(sample) : new Uint8Array(floats(sample, bytes).buffer)
    pipeline.run(stored, 0, n, values.subarray(n * size, (n + 1) * size))
  }
  return values
}

function floats(sample: Sample, bytes: boolean): Float32Array {
  return Float32Array.from(sample, (value) => (bytes ? value / 255 : value))
}

function softmax(outputs: Float64Array): Float64Array {
  const most = outputs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const powers = outputs.map((value) => Math.exp(value - most))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}

/** Works where the network is, or on a backend for this call alone, after which the network is as before. */
async function onBackend<Result>(
  net: Network,
  given: Backend | undefined,
  work: (backend: Backend) => Promise<Result>,
): Promise<Result> {
  const backend = given ?? net.backend
  if (backend) {
    await net.place(backend)
    return work(backend)
  }
  const made = await createWasm()
  try {
    await net.place(made)
    return await work(made)
  } finally {
    net.unplace()
    await made.close()
  }
}
