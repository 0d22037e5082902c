import type { Backend } from '../backends/index.ts'
import { UsageError } from '../base/index.ts'
import {
  type DatasetName,
  type Datasets,
  datasetNames,
  type LoaderOptions,
  type Mixing,
  normalisationOf,
  normalise,
  type Transform,
} from '../data/index.ts'
import { checkTruncation, type Truncation } from '../equations/index.ts'
import { asLoss, type Loss, lossNameNow, type OwnLoss, usualLoss } from '../losses/index.ts'
import type { Network, WholeType } from '../nn/index.ts'
import type { ClassWeights } from './class-weights.ts'
import { checkEarlyStopping, type EarlyStopping } from './early-stopping.ts'
import { checkExchanges, type Exchange } from './exchange.ts'
import type { TrainHooks } from './hooks.ts'
import type { Host, StopSignal } from './host.ts'
import { type Encode, usualEncode } from './input.ts'
import { type AnyOptimiser, asOptimiser, type Optimiser, sgd } from './optimiser.ts'
import type { OwnOptimiser, OwnStep } from './own-optimiser.ts'
import { checkRanks, type Ranks } from './ranks.ts'
import { checkRegularisers, type Regulariser } from './regularisers.ts'
import { MemoryRunStore, type RunLine, type RunStore } from './run-store.ts'
import { cosine, type OwnSchedule, type Schedule, scheduleOf } from './schedule.ts'

export interface TrainOptions {
  readonly backend: Backend
  readonly host: Host
  /** Time steps. */
  readonly T: number
  readonly epochs: number
  /** Images that are computed, and normalised, together. Default 64. */
  readonly batch?: number
  /** Batches of which one update is made. BatchNorm sees each on its own. Default 1. */
  readonly accumulate?: number
  /** Order, augmentation, dropout and split follow from it; start values are the network's. Default 1. */
  readonly seed?: number
  /**
   * Default: `tetLoss()`; squared error for real targets, binary cross entropy for several labels. A function is a loss of
   * your own: value and gradient of logits.
   */
  readonly loss?: Loss | OwnLoss
  /** Default: `sgd()`. A function, or an object with one as `step`, is an optimiser of your own. */
  readonly optimiser?: Optimiser | OwnOptimiser | OwnStep
  /** Default: `cosine()`. A function is a schedule of your own: the factor of an update's learning rate. */
  readonly schedule?: Schedule | OwnSchedule
  /** Names of parameters that stay as they are; `*` stands for any text. */
  readonly freeze?: readonly string[]
  /**
   * Trains with the weights of convolutions and linear layers rounded as `spikelet export --weights` rounds them; gradients
   * go to the exact ones. The network that comes out has the rounded ones. Default: none.
   */
  readonly quantise?: WholeType | null
  /** For the run's record: what filled the network before. Default: its start values. */
  readonly from?: string | null
  /** Joint 2-norm that gradients are scaled down to. Default: none. */
  readonly clip?: number
  /** Truncated backpropagation through time, in each layer of neurons on its own; a number k is a window. Default: none. */
  readonly bptt?: number | Truncation | null
  /** Epochs (from 1) at whose start all layers of spiking neurons become others; weights and optimiser go on. */
  readonly exchange?: readonly Exchange[]
  /**
   * The share of the training images, the same of each class, whose accuracy chooses the epoch; or `none`: train on
   * all, report the last epoch, and beside it the best by test images. Default 0.1.
   */
  readonly validation?: number | 'none'
  /** Ends the run where epochs no longer get better by the validation images. Default: all epochs are made. */
  readonly earlyStopping?: EarlyStopping | null
  /** What draws the firing rates of layers to a target, added to the loss of training. Default: nothing. */
  readonly regularise?: readonly Regulariser[]
  /** How much samples of each class count in a loss of cross entropy. Default: all the same. */
  readonly classWeights?: ClassWeights | null
  /** Default: the data set's normalisation, where its name is known. Of `train` alone, evaluation normalises the same. */
  readonly transforms?: { readonly train?: readonly Transform[]; readonly evaluation?: readonly Transform[] }
  /** Mixes training images and their labels, by mixup, cutmix or a coin between them. Default: none. */
  readonly mixing?: Mixing | null
  /** How samples become a sequence. Default: an image is the same frame at every step, a recording its own frames. */
  readonly encode?: Encode
  /** Threads that make batches ahead. Default 0. */
  readonly loaderThreads?: number
  readonly startLoaderThread?: LoaderOptions['startThread']
  /** Default: in memory. */
  readonly store?: RunStore
  /** Goes on from the store's last checkpoint, or starts where there is none. */
  readonly resume?: boolean
  /** Updates between checkpoints inside an epoch; default: at the ends of epochs only. */
  readonly checkpointEvery?: number
  /** Updates between lines of the run record. Default 10. */
  readonly recordEvery?: number
  /**
   * Bytes that training may take. A forecast above it makes convolutions again on the way back instead of keeping
   * them; if that is not enough, it is an error. Default: 4 GiB, what WebAssembly can address.
   */
  readonly memoryBudget?: number
  /** Ctrl-C, say: the update under way is finished, a checkpoint is written. */
  readonly stop?: StopSignal
  /**
   * The processes that train together, of which this is one. Each learns from its part of every batch and judges its part of
   * the samples; rank 0 keeps the run. Default: this process alone.
   */
  readonly ranks?: Ranks | null
  /** BatchNorm's statistics are those of the whole batch, on all ranks; else each rank's part has its own. Default false. */
  readonly syncBatchNorm?: boolean
  readonly hooks?: TrainHooks | readonly TrainHooks[]
  /** Takes lines for people. */
  readonly log?: (line: string) => void
}

/** Options with defaults filled in. */
export interface Settings
  extends Omit<
    Required<TrainOptions>,
    'transforms' | 'hooks' | 'encode' | 'startLoaderThread' | 'bptt' | 'loss' | 'schedule' | 'optimiser'
  > {
  readonly loss: Loss
  readonly schedule: Schedule
  readonly optimiser: AnyOptimiser
  readonly bptt: Truncation | null
  readonly transforms: { readonly train: readonly Transform[]; readonly evaluation: readonly Transform[] }
  readonly hooks: readonly TrainHooks[]
  readonly encode: Encode
  readonly startLoaderThread: LoaderOptions['startThread'] | undefined
}

/** Fills in what the options leave open. @throws UsageError for an option out of range */
export function settingsOf(options: TrainOptions, datasets: Pick<Datasets, 'name' | 'train' | 'validation'>): Settings {
  const settings: Settings = {
    batch: 64,
    accumulate: 1,
    seed: 1,
    freeze: [],
    quantise: null,
    from: null,
    clip: Number.POSITIVE_INFINITY,
    validation: 0.1,
    loaderThreads: 0,
    startLoaderThread: undefined,
    store: new MemoryRunStore(),
    resume: false,
    checkpointEvery: Number.POSITIVE_INFINITY,
    recordEvery: 10,
    memoryBudget: 2 ** 32,
    stop: { aborted: false },
    log: () => {},
    exchange: [],
    mixing: null,
    earlyStopping: null,
    classWeights: null,
    ranks: null,
    syncBatchNorm: false,
    regularise: [],
    ...options,
    loss: asLoss(options.loss ?? usualLoss(datasets.train.targets)),
    optimiser: asOptimiser(options.optimiser ?? sgd()),
    schedule: scheduleOf(options.schedule ?? cosine()),
    bptt: truncationOf(options.bptt),
    encode: options.encode ?? usualEncode(datasets.train),
    hooks: [options.hooks ?? []].flat(),
    transforms: transformsOf(options.transforms ?? {}, datasets),
  }
  for (const name of ['T', 'epochs', 'batch', 'accumulate', 'recordEvery'] as const) checkCount(name, settings[name])
  if (settings.bptt) checkTruncation(settings.bptt)
  if (settings.earlyStopping) {
    checkEarlyStopping(settings.earlyStopping, settings.validation, datasets.validation !== undefined)
  }
  checkRegularisers(settings.regularise)
  checkExchanges(settings.exchange, settings.epochs)
  if (settings.ranks) checkRanks(settings.backend)
  if (settings.checkpointEvery !== Number.POSITIVE_INFINITY) checkCount('checkpointEvery', settings.checkpointEvery)
  if (!(settings.clip > 0)) {
    throw new UsageError({ what: 'training: clip out of range', expected: 'above 0', got: String(settings.clip) })
  }
  return settings
}

function truncationOf(bptt: TrainOptions['bptt']): Truncation | null {
  return typeof bptt === 'number' ? { k: bptt, kind: 'window' } : (bptt ?? null)
}

/** What a run's record says of its settings: all that decides its numbers. */
export function settingsRecord(settings: Settings, network: Network): RunLine {
  const { T, epochs, batch, accumulate, seed, loss, optimiser, schedule, freeze, clip, validation } = settings
  return {
    model: network.name,
    T,
    epochs,
    batch,
    accumulate,
    seed,
    loss: {
      name: loss.name,
      ...loss.options(T),
      ...loss.parameters,
      ...(loss.smoothing ? { smoothing: loss.smoothing } : {}),
    },
    optimiser: { name: optimiser.name, ...optimiser.options },
    schedule: withoutStandards({ name: schedule.name, ...schedule.options }),
    freeze,
    clip: clip === Number.POSITIVE_INFINITY ? null : clip,
    validation,
    ...(settings.bptt ? { bptt: settings.bptt } : {}),
    ...(settings.quantise ? { quantise: settings.quantise } : {}),
    ...(settings.from === null ? {} : { from: settings.from }),
    ...(settings.exchange.length > 0
      ? { exchange: settings.exchange.map(({ epoch, neuron }) => ({ epoch, neuron: neuron.config })) }
      : {}),
    ...(settings.mixing ? { mixing: settings.mixing } : {}),
    ...(settings.earlyStopping ? { earlyStopping: settings.earlyStopping } : {}),
    ...(settings.regularise.length > 0 ? { regularise: settings.regularise } : {}),
    ...(settings.classWeights ? { classWeights: settings.classWeights } : {}),
    ...(settings.ranks ? { ranks: settings.ranks.size } : {}),
    ...(settings.syncBatchNorm ? { syncBatchNorm: true } : {}),
    encode: settings.encode.name,
    transforms: {
      train: settings.transforms.train.map(({ name, options }) => ({ name, options })),
      evaluation: settings.transforms.evaluation.map(({ name, options }) => ({ name, options })),
    },
  }
}

/** A schedule's record, the same whether what is usual was said or left out. */
function withoutStandards({ warmup, per, ...schedule }: RunLine): RunLine {
  return { ...schedule, ...(warmup ? { warmup } : {}), ...(per === 'epoch' ? { per } : {}) }
}

/** A setting in one spelling, however it was said and whichever version recorded it. */
function comparable(name: string, value: unknown): unknown {
  if (name === 'schedule') return withoutStandards(value as RunLine)
  if (name !== 'loss' || typeof value !== 'object' || value === null) return value
  return { ...value, name: lossNameNow(String((value as RunLine).name)) }
}

/**
 * The settings of a resumed run must be those that it was started with; it may go on for more epochs, and on other ranks.
 * @throws UsageError, naming the first setting in which they differ
 */
export function checkSameSettings(recorded: RunLine, now: RunLine): void {
  for (const name of new Set([...Object.keys(now), ...Object.keys(recorded)])) {
    const [before, after] = [recorded[name], now[name]].map((value) => JSON.stringify(comparable(name, value)))
    if (before === after) continue
    if (name === 'epochs' && (now.epochs as number) > (recorded.epochs as number)) continue
    if (name === 'ranks') continue // other bits, of which the run warns
    throw new UsageError({
      what: `the run to resume was started with another ${name}`,
      expected: before ?? 'none',
      got: after ?? 'none',
      next: 'Resume it with the same options, or start a new run.',
    })
  }
}

function transformsOf(
  given: NonNullable<TrainOptions['transforms']>,
  { name, train: { steps } }: Pick<Datasets, 'name' | 'train'>,
): Settings['transforms'] {
  const known = steps === undefined && datasetNames.includes(name as DatasetName)
  const { mean, deviation } = known ? normalisationOf(name) : { mean: [], deviation: [] }
  const train = given.train ?? given.evaluation ?? (known ? [normalise(mean, deviation)] : [])
  return { train, evaluation: given.evaluation ?? train.filter(({ name }) => name === 'normalise') }
}

function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return
  throw new UsageError({
    what: `training: ${name} out of range`,
    expected: 'a whole number, 1 or more',
    got: String(value),
  })
}
