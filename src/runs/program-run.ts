import type { z } from 'zod'
import { UsageError } from '../base/index.ts'
import { type Datasets, datasetNames } from '../data/index.ts'
import { modelFromConfig, models } from '../models/index.ts'
import type { Network, NetworkConfig } from '../nn/index.ts'
import { type RunLine, settingsOf, settingsRecord, type TrainOptions } from '../train/index.ts'
import type { RunCommand } from './folder.ts'
import { transformsFor } from './images.ts'
import { repeatText } from './repeat.ts'
import { type Augmentation, recordedSchema } from './run-settings.ts'
import { trainOptionsOf } from './trainer-options.ts'

/** Parts of a run's record, as far as they can be said on a command line. */
interface Recorded {
  readonly T: number
  readonly epochs: number
  readonly batch: number
  readonly accumulate: number
  readonly seed: number
  readonly loss: { readonly name: string; readonly squaredErrorTo?: unknown; readonly smoothing?: number }
  readonly optimiser: { readonly name: string; readonly learningRate: number; readonly weightDecay: number }
  readonly schedule: { readonly name: string; readonly warmup?: number; readonly epochs?: number }
  readonly freeze: readonly string[]
  readonly quantise?: string
  readonly clip: number | null
  readonly validation: number | 'none'
  readonly bptt?: { readonly k: number; readonly kind: string }
  readonly exchange?: readonly { readonly epoch: number; readonly neuron: { readonly neuron: string } }[]
  readonly mixing?: object
  readonly earlyStopping?: { readonly patience: number }
  readonly regularise?: readonly { readonly kind: string; readonly target: number; readonly weight: number }[]
  readonly classWeights?: 'balanced' | readonly number[]
  readonly syncBatchNorm?: boolean
  readonly transforms: { readonly train: readonly { readonly name: string }[] }
  readonly network: NetworkConfig | null
}

/**
 * A program's run as the command that gives the same bits, as far as there is one. What the command cannot say is listed
 * as the program's own.
 * @param config the run's record
 * @param options what the program trained with
 */
export async function commandOfProgram(
  config: RunLine,
  network: Network,
  datasets: Datasets,
  options: Pick<TrainOptions, 'backend' | 'host'>,
): Promise<RunCommand> {
  const recorded = config as unknown as Recorded
  const said = recordedSchema.parse(expressible(optionsOf(recorded, network, datasets)))
  const again = await trainOptionsOf(said, datasets, { backend: options.backend, clock: options.host.clock })
  const usual = settingsRecord(settingsOf(again, datasets), network)
  const names = [...new Set([...Object.keys(usual), ...sometimesRecorded])]
  const own = names.filter((name) => JSON.stringify(plain(config[name])) !== JSON.stringify(plain(usual[name])))
  return { dataset: datasets.name, options: said, program: { own } }
}

/** Settings that a record only has where they are not as by default. */
const sometimesRecorded = [
  ...['bptt', 'from', 'quantise', 'exchange', 'mixing', 'earlyStopping', 'regularise', 'classWeights', 'syncBatchNorm'],
]

/** As it comes out of a file. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

/** Without what is no value of an option: the name of a schedule of one's own, say. */
function expressible(options: object): object {
  const shape = recordedSchema.shape as { readonly [name: string]: z.ZodType }
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => value !== undefined && shape[name].safeParse(value).success),
  )
}

function withoutUndefined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

/** The options of a run's record; those that it does not fit come out wrong, and are found by comparison. */
function optionsOf(recorded: Recorded, network: Network, datasets: Datasets): object {
  const { T, epochs, batch, accumulate, seed, freeze, clip, validation, loss, optimiser, schedule, bptt } = recorded
  const { conversion, sensor, imageSize, limit } = datasets
  const { momentum } = optimiser as { momentum?: number }
  const toLabels = loss.name === 'tet' && typeof loss.squaredErrorTo === 'object'
  const config = recorded.network as {
    readonly model?: string
    readonly options?: {
      readonly dropout?: number
      readonly normalisation?: string
      readonly hidden?: readonly number[]
    }
  } | null
  const neuron = network.neuron?.config
  return {
    model: config?.model ?? network.name,
    ...withoutUndefined({
      dropout: config?.options?.dropout,
      normalisation: config?.options?.normalisation,
      hidden: config?.options?.hidden,
    }),
    neuron: neuron?.neuron ?? 'none',
    neuronOptions: neuron && Object.keys(neuron.options).length > 0 ? neuron.options : undefined,
    T,
    epochs,
    batch,
    accumulate,
    seed,
    freeze,
    quantise: recorded.quantise,
    clip: clip ?? undefined,
    validation: validation === 'none' ? 0 : validation,
    loss: toLabels ? 'tet-one-hot' : loss.name,
    labelSmoothing: loss.smoothing,
    optimiser: optimiser.name,
    lr: optimiser.learningRate,
    weightDecay: optimiser.weightDecay,
    momentum,
    schedule: schedule.name,
    warmup: schedule.warmup,
    scheduleEpochs: schedule.epochs,
    bptt: bptt?.k,
    bpttKind: bptt?.kind,
    exchange: recorded.exchange?.map((one) => `${one.epoch}:${one.neuron.neuron}`),
    earlyStop: recorded.earlyStopping?.patience,
    regularise: recorded.regularise?.map(({ kind, target, weight }) => `${kind}:${target}:${weight}`),
    classWeights: recorded.classWeights && [recorded.classWeights].flat().map(String),
    syncBatchnorm: recorded.syncBatchNorm,
    augment: augmentOf(recorded, datasets),
    limit,
    imageSize: imageSize && `${imageSize.height}x${imageSize.width}`,
    sensor: sensor && `${sensor.width}x${sensor.height}`,
    frames: conversion?.by,
    windowUs: conversion?.windowUs,
    frameValues: conversion?.values,
    frameSize: conversion?.size && `${conversion.size.width}x${conversion.size.height}`,
    surfaceUs: conversion?.tauUs,
    hotPixelHz: conversion?.hotPixelHz,
    refractoryUs: conversion?.refractoryUs,
    denoiseUs: conversion?.denoiseUs,
  }
}

/** The changes of training images that make these transforms, by the names that each gives. */
function augmentOf({ transforms, mixing }: Recorded, datasets: Datasets): Augmentation[] {
  const there = new Set(transforms.train.map((one) => JSON.stringify(plain(one))))
  const { augment } = recordedSchema.shape
  const all = augment.unwrap().element.options
  const changes = all.filter((change) => {
    if (mixing && change in mixing) return true
    try {
      const own = transformsFor(datasets, [change]).train
      const plainOnes = transformsFor(datasets, []).train.length
      const made = own.map(({ name, options }) => JSON.stringify(plain({ name, options })))
      return own.length > plainOnes && made.every((one) => there.has(one))
    } catch {
      return false // changes images, and these are frames
    }
  })
  return changes
}

/** What repeats a program's run: the command, where one gives the same bits. */
export function programText(command: RunCommand, network: Network): string {
  const known = (datasetNames as readonly string[]).includes(command.dataset)
  const same = command.program?.own.length === 0 && known && network.seed === command.options.seed
  const ofRegistry = Object.hasOwn(models, command.options.model) && network.neuron?.config.definition === undefined
  return same && ofRegistry ? repeatText(command) : 'made by a program, with train()'
}

/**
 * The network of a program's run, with its start values.
 * @throws UsageError where only the program can build it, or go on with it
 */
export function networkOfProgram({ program }: RunCommand, config: RunLine, folder: string): Network {
  const network = config.network as NetworkConfig | null
  const own = [...(network ? [] : ['network']), ...(program?.own ?? [])]
  if (network && own.length === 0) return modelFromConfig(network, `${folder}, network`)
  throw new UsageError({
    what: `this run was begun by a program, with its own ${own.join(', ')}`,
    place: folder,
    next: 'Go on with it in that program: train() with the same options, `run` and `resume: true`.',
  })
}
