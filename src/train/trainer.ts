import { type Datasets, Loader, membersHash, validationSplit } from '../data/index.ts'
import { scoreOf } from '../losses/index.ts'
import type { Network } from '../nn/index.ts'
import { checkFit } from './check-fit.ts'
import { checkLossFits, checkTargets } from './check-targets.ts'
import { classWeightsOf, weightedLoss } from './class-weights.ts'
import { Epoch } from './epoch.ts'
import type { Training, UpdateRecord } from './hooks.ts'
import { Journal } from './journal.ts'
import { Judge, type RunVerdict } from './judge.ts'
import { kernelsNow } from './kernel-record.ts'
import { type MemoryPlan, memoryForecast } from './memory-forecast.ts'
import type { Progress } from './progress.ts'
import { RankStore } from './rank-store.ts'
import { checkAlike, checkTogether } from './ranks.ts'
import { Recovery } from './recovery.ts'
import { epochLine, openingLines } from './run-lines.ts'
import type { RunResult } from './run-result.ts'
import { RunState } from './run-state.ts'
import type { RunLine } from './run-store.ts'
import { type Settings, settingsOf, settingsRecord, type TrainOptions } from './settings.ts'
import { Updates } from './updates.ts'

/** One run of training: from its start, or from where a checkpoint left it, to its end or until it is stopped. */
export class Trainer implements Training {
  /** Images of an epoch that are learned from. */
  readonly imagesPerEpoch: number
  private readonly state: RunState
  private readonly recovery: Recovery
  private readonly epoch: Epoch
  private readonly judge: Judge
  private readonly journal: Journal
  private readonly loader: Loader
  private readonly memory: MemoryPlan

  /**
   * Checks that everything fits; nothing is computed yet.
   * @throws UsageError, ShapeError or ResourceError
   */
  constructor(network: Network, datasets: Datasets, options: TrainOptions) {
    const given = overRanks(settingsOf(options, datasets))
    for (const dataset of [datasets.train, datasets.test]) checkFit(network, dataset, given.T)
    checkLossFits(given.loss, datasets.train)
    checkTargets(datasets, given)
    this.memory = memoryPlanOf(network, given)
    const split = validationSplit(datasets, given.validation, given.seed)
    const settings = withClassWeights(given, datasets, split?.train)
    const record = { dataset: datasetRecord(datasets, split?.hash), ...settingsRecord(settings, network) }
    this.state = new RunState({
      network,
      datasets,
      settings,
      record,
      score: scoreOf(datasets.train, split?.train),
      validation: split?.validation,
    })
    this.recovery = new Recovery(this.state)
    this.judge = new Judge(this.state, this.recovery)
    this.journal = new Journal(settings.store, this.state.score.measure)
    this.loader = loaderOf(datasets, settings, split?.train)
    this.imagesPerEpoch = this.loader.imagesPerEpoch
    this.epoch = new Epoch(this.state, {
      loader: this.loader,
      memory: this.memory.rebuild ? 'rebuild' : 'keep',
      tell: (update) => this.tell(update),
    })
  }

  get network(): Network {
    return this.state.network
  }

  get settings(): Settings {
    return this.state.settings
  }

  get progress(): Progress {
    return this.state.progress
  }

  get updatesPerEpoch(): number {
    return this.epoch.updatesPerEpoch
  }

  /** What the run record says of the whole run. */
  get config(): RunLine {
    const { record, network, datasets, settings } = this.state
    const { ranks, backend } = settings
    const distributed = ranks && { engine: ranks.engine, hosts: ranks.hosts }
    return {
      ...record,
      network: networkRecord(network),
      backend: backend.info,
      ...(distributed ? { distributed } : {}),
      notes: datasets.notes,
    }
  }

  stop(): void {
    this.state.stop()
  }

  /** The run as it stands, in bytes from which it can go on. */
  checkpoint(): Promise<Uint8Array> {
    return this.state.checkpoint()
  }

  /**
   * Trains to the end, or until it is stopped; call it once. The network stays on the backend.
   * @throws SpikeletError where the loss is not finite, before an update is made of it, naming epoch, update and layer
   */
  async run(): Promise<RunResult> {
    const { state, epoch, settings } = this
    try {
      await this.start()
      while (!state.isDone && !state.stopping) {
        if (!epoch.isDone) {
          await this.recovery.exchange()
          await epoch.train()
        }
        if (!state.stopping) await this.closeEpoch()
      }
      const verdict = state.stopping ? null : await this.judge.verdict()
      if (!verdict) await state.save()
      const result = this.result(verdict)
      for (const hooks of settings.hooks) await hooks.onEnd?.(result, this)
      return result
    } finally {
      await this.loader.close()
      state.updates?.release()
      await settings.store.close()
    }
  }

  private async start(): Promise<void> {
    const { settings, network, journal, state } = this
    await network.place(settings.backend)
    if (settings.ranks) checkAlike(settings.ranks, state.record)
    state.updates = new Updates(network, settings.backend, settings.optimiser, settings.freeze, settings.quantise)
    const saved = settings.resume ? await settings.store.readCheckpoint('last') : undefined
    const recordedEpochs = saved && this.recovery.restore(saved)
    const { epochs } = settings
    if (!saved) await journal.config(this.config)
    else if (epochs !== recordedEpochs) {
      await journal.config({ ...((await settings.store.readConfig()) ?? this.config), epochs })
    }
    await journal.rewind(state.progress.update, state.progress.epoch)
    for (const line of openingLines(this, this.memory.text)) settings.log(line)
    for (const hooks of settings.hooks) await hooks.onStart?.(this)
  }

  private async tell(record: UpdateRecord): Promise<void> {
    const { recordEvery, checkpointEvery, hooks } = this.settings
    if (record.update % recordEvery === 0) await this.journal.update(record)
    for (const one of hooks) await one.onUpdate?.(record, this)
    if (record.update % checkpointEvery === 0) await this.state.save()
  }

  /** Judges the epoch, records it, and makes it the last, perhaps the best, checkpoint. */
  private async closeEpoch(): Promise<void> {
    const { settings, state } = this
    if (settings.ranks) checkTogether(state.network, settings.backend, settings.ranks)
    const judged = await this.judge.closeEpoch()
    if (!judged) return
    const { record, better, advice } = judged
    await this.journal.epoch(state.progress.history)
    const bytes = await state.checkpoint()
    if (better) await settings.store.writeCheckpoint('best', bytes)
    await settings.store.writeCheckpoint('last', bytes)
    settings.log(epochLine(record, settings.epochs, state.score.measure))
    if (state.isDone && record.epoch < settings.epochs) {
      settings.log(`ends early: no epoch was better than epoch ${state.progress.best?.epoch}`)
    }
    for (const warning of advice) settings.log(warning)
    for (const hooks of settings.hooks) await hooks.onEpoch?.(record, this)
  }

  private result(verdict: RunVerdict | null): RunResult {
    const { settings, progress, datasets, network } = this.state
    return {
      network,
      stopped: verdict === null,
      config: this.config,
      epochs: progress.history,
      test: verdict?.test ?? null,
      final: verdict?.final ?? null,
      firingRates: verdict?.test.firingRates ?? progress.history.at(-1)?.firingRates ?? [],
      confusion: verdict?.test.confusion ?? [],
      classes: datasets.test.classes,
      measure: this.state.score.measure,
      backend: settings.backend.info,
      kernels: kernelsNow(settings.backend),
      peakBytes: settings.backend.peakBytes(),
      place: settings.store.place,
    }
  }
}

/** Where several ranks train, rank 0 keeps the run, and all read what it kept. */
function overRanks(settings: Settings): Settings {
  const { ranks, store } = settings
  return ranks ? { ...settings, store: new RankStore(store, ranks) } : settings
}

/** What training will take, and whether it must be done with less. @throws ResourceError where it cannot */
function memoryPlanOf(network: Network, { backend, memoryBudget, T, batch }: Settings): MemoryPlan {
  const { memoryBytes = Number.POSITIVE_INFINITY, largestTensorBytes, float16Images } = backend.info
  const budget = Math.min(memoryBudget, memoryBytes)
  const limits = { budget, largestTensor: largestTensorBytes, float16Images: float16Images === true }
  return memoryForecast(network, { T, batch, ...limits })
}

function withClassWeights(settings: Settings, { train }: Datasets, indices: Uint32Array | undefined): Settings {
  const { classWeights, loss } = settings
  if (!classWeights) return settings
  return { ...settings, loss: weightedLoss(loss, classWeightsOf(classWeights, train, indices)) }
}

function loaderOf({ train }: Datasets, settings: Settings, indices: Uint32Array | undefined): Loader {
  const { batch, seed, transforms, mixing, loaderThreads, startLoaderThread, ranks } = settings
  return new Loader(train, {
    batchSize: batch,
    seed,
    transforms: transforms.train,
    ...(mixing ? { mixing } : {}),
    ...(ranks ? { part: { rank: ranks.rank, size: ranks.size, sharesStatistics: settings.syncBatchNorm } } : {}),
    threads: loaderThreads,
    ...(indices ? { indices } : {}),
    ...(startLoaderThread ? { startThread: startLoaderThread } : {}),
  })
}

/** Which samples a run learns from and is judged by. */
function datasetRecord(datasets: Datasets, split: string | undefined): RunLine {
  const { name, train, test, conversion, sensor, imageSize } = datasets
  return {
    name,
    train: train.length,
    test: test.length,
    split: split ?? null,
    testSplit: datasets.split ?? null,
    ...(conversion ? { frames: conversion } : {}),
    ...(sensor ? { sensor } : {}),
    ...(imageSize ? { imageSize } : {}),
    ...(train.targets ? { targets: train.targets.kind } : {}),
    members: { train: membersHash(train), test: membersHash(test) },
  }
}

function networkRecord(network: Network): unknown {
  try {
    return network.config
  } catch {
    return null // a model that is a function has no configuration
  }
}
