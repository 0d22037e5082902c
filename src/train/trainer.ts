import { Random, SpikeletError } from '../base/index.ts'
import { type Batch, type Datasets, Loader, membersHash, validationSplit } from '../data/index.ts'
import type { Neuron } from '../equations/index.ts'
import type { Network } from '../nn/index.ts'
import { checkFit } from './check-fit.ts'
import { checkpointBytes, checkpointKernels, checkpointProgress, loadCheckpoint } from './checkpoint.ts'
import { classWeightsOf, weightedLoss } from './class-weights.ts'
import { findNonFinite } from './diagnose.ts'
import { hasStoppedEarly } from './early-stopping.ts'
import { type Evaluation, evaluate } from './evaluate.ts'
import { exchangesBefore } from './exchange.ts'
import { firingAdvice } from './firing-advice.ts'
import { type GroupResult, groupStep } from './group-step.ts'
import type { Training, UpdateRecord } from './hooks.ts'
import { Journal } from './journal.ts'
import { kernelsNow, kernelWarning } from './kernel-record.ts'
import { firstLossScale, nextLossScale } from './loss-scale.ts'
import { type MemoryPlan, memoryForecast } from './memory-forecast.ts'
import { type EpochRecord, freshProgress, noSums, type Progress } from './progress.ts'
import { epochLine, openingLines, skippedLine } from './run-lines.ts'
import type { FinalAccuracy, RunResult } from './run-result.ts'
import type { RunLine } from './run-store.ts'
import { scheduleFactor } from './schedule.ts'
import { checkSameSettings, type Settings, settingsOf, settingsRecord, type TrainOptions } from './settings.ts'
import { type OptimiserState, Updates } from './updates.ts'

/** One run of training: from its start, or from where a checkpoint left it, to its end or until it is stopped. */
export class Trainer implements Training {
  readonly network: Network
  readonly settings: Settings
  readonly updatesPerEpoch: number
  progress: Progress = freshProgress
  private readonly datasets: Datasets
  private readonly loader: Loader
  private readonly journal: Journal
  private readonly validation: Uint32Array | undefined
  /** All that decides the run's numbers. */
  private readonly record: RunLine
  private readonly memory: MemoryPlan
  private updates: Updates | undefined
  private lastEvaluation: Evaluation | null = null
  private asked = false
  /** What the network was built with. */
  private readonly neuron: Neuron | null

  /**
   * Checks that everything fits; nothing is computed yet.
   * @throws UsageError, ShapeError or ResourceError
   */
  constructor(network: Network, datasets: Datasets, options: TrainOptions) {
    const settings = settingsOf(options, datasets)
    const { batch, seed, T } = settings
    for (const dataset of [datasets.train, datasets.test]) checkFit(network, dataset, T)
    const { memoryBytes = Number.POSITIVE_INFINITY, largestTensorBytes, float16Images } = settings.backend.info
    const budget = Math.min(settings.memoryBudget, memoryBytes)
    const limits = { budget, largestTensor: largestTensorBytes, float16Images: float16Images === true }
    this.memory = memoryForecast(network, { T, batch, ...limits })
    const split = validationSplit(datasets, settings.validation, settings.seed)
    this.network = network
    this.neuron = network.neuron
    this.datasets = datasets
    this.settings = settings.classWeights
      ? {
          ...settings,
          loss: weightedLoss(settings.loss, classWeightsOf(settings.classWeights, datasets.train, split?.train)),
        }
      : settings
    this.validation = split?.validation
    this.journal = new Journal(settings.store)
    this.loader = new Loader(datasets.train, {
      batchSize: batch,
      seed,
      transforms: settings.transforms.train,
      ...(settings.mixing ? { mixing: settings.mixing } : {}),
      threads: settings.loaderThreads,
      ...(split ? { indices: split.train } : {}),
      ...(settings.startLoaderThread ? { startThread: settings.startLoaderThread } : {}),
    })
    this.updatesPerEpoch = Math.ceil(this.loader.batchesPerEpoch / settings.accumulate)
    const { name, train, test } = datasets
    this.record = {
      dataset: {
        name,
        train: train.length,
        test: test.length,
        split: split?.hash ?? null,
        testSplit: datasets.split ?? null,
        ...(datasets.conversion ? { frames: datasets.conversion } : {}),
        ...(datasets.sensor ? { sensor: datasets.sensor } : {}),
        ...(datasets.imageSize ? { imageSize: datasets.imageSize } : {}),
        members: { train: membersHash(train), test: membersHash(test) },
      },
      ...settingsRecord(settings, network),
    }
  }

  /** What the run record says of the whole run. */
  get config(): RunLine {
    const { backend } = this.settings
    return { ...this.record, network: networkRecord(this.network), backend: backend.info, notes: this.datasets.notes }
  }

  /** Images of an epoch that are learned from. */
  get imagesPerEpoch(): number {
    return this.loader.imagesPerEpoch
  }

  stop(): void {
    this.asked = true
  }

  /**
   * Trains to the end, or until it is stopped; call it once. The network stays on the backend.
   * @throws SpikeletError where the loss is not finite, before an update is made of it, naming epoch, update and layer
   */
  async run(): Promise<RunResult> {
    try {
      await this.start()
      while (!this.isDone && !this.stopping) {
        if (this.progress.position < this.loader.batchesPerEpoch) await this.trainEpoch()
        if (!this.stopping) await this.closeEpoch()
      }
      const verdict = this.stopping ? null : await this.judge()
      if (!verdict) await this.save()
      const result = this.result(verdict)
      for (const hooks of this.settings.hooks) await hooks.onEnd?.(result, this)
      return result
    } finally {
      await this.loader.close()
      this.updates?.release()
      await this.settings.store.close()
    }
  }

  /** The run as it stands, in bytes from which it can go on. */
  async checkpoint(): Promise<Uint8Array> {
    return checkpointBytes(this.network, {
      progress: this.progress,
      training: { ...this.record, classes: this.datasets.train.classes },
      kernels: kernelsNow(this.settings.backend),
      ...(this.updates ? { optimiser: await this.updates.state() } : {}),
    })
  }

  /** Whether all epochs are made, or no better one is waited for. */
  private get isDone(): boolean {
    const { epochs, earlyStopping } = this.settings
    return this.progress.epoch >= epochs || hasStoppedEarly(this.progress, earlyStopping)
  }

  private get stopping(): boolean {
    return this.asked || this.settings.stop.aborted
  }

  private async start(): Promise<void> {
    const { settings, network, journal } = this
    await network.place(settings.backend)
    this.updates = new Updates(network, settings.backend, settings.optimiser, settings.freeze)
    const saved = settings.resume ? await settings.store.readCheckpoint('last') : undefined
    const recordedEpochs = saved && this.restore(saved)
    if (!saved) await journal.config(this.config)
    else if (this.record.epochs !== recordedEpochs) {
      await journal.config({ ...((await settings.store.readConfig()) ?? this.config), epochs: this.record.epochs })
    }
    await journal.rewind(this.progress.update, this.progress.epoch)
    for (const line of openingLines(this, this.memory.text)) settings.log(line)
    for (const hooks of settings.hooks) await hooks.onStart?.(this)
  }

  /** @returns how many epochs the run was to have */
  private restore(bytes: Uint8Array): unknown {
    const { store, log } = this.settings
    const file = `${store.place}, last checkpoint`
    const { exchanged } = checkpointProgress(bytes, file)
    if (exchanged) this.inhabit(exchanged)
    const saved = loadCheckpoint(bytes, { file, network: this.network })
    const { classes: _, ...recorded } = saved.training
    checkSameSettings(recorded, this.record)
    if (recorded.epochs !== this.record.epochs)
      log(`goes on to epoch ${this.record.epochs} instead of ${recorded.epochs}`)
    this.renewUpdates(saved.optimiser, saved.progress.update)
    this.progress = saved.progress
    const kernels = checkpointKernels(bytes, file)
    const warning = kernels ? kernelWarning(kernels, kernelsNow(this.settings.backend)) : null
    if (warning) log(`warning: ${warning}`)
    log(`resumed at epoch ${saved.progress.epoch + 1}, after update ${saved.progress.update}`)
    return recorded.epochs
  }

  /** The network with the neurons that it has after so many exchanges. */
  private inhabit(exchanged: number): void {
    const neuron = exchanged === 0 ? this.neuron : this.settings.exchange[exchanged - 1].neuron
    if (neuron) this.network.exchange(neuron)
  }

  /** Makes the exchange of neurons that is due, if any. What the optimiser remembers of the other parameters stays. */
  private async exchange(): Promise<void> {
    const { settings, progress, network, updates } = this
    const due = exchangesBefore(settings.exchange, progress.epoch)
    if (due === (progress.exchanged ?? 0) || !updates) return
    const before = network.neuron?.name
    const state = await updates.state()
    this.inhabit(due)
    this.renewUpdates(state, updates.count)
    this.progress = { ...progress, exchanged: due }
    settings.log(`epoch ${progress.epoch + 1}: ${before} exchanged for ${network.neuron?.name}`)
  }

  private renewUpdates(state: OptimiserState, count: number): void {
    const { network, settings } = this
    this.updates?.release()
    this.updates = new Updates(network, settings.backend, settings.optimiser, settings.freeze)
    this.updates.restore(state, count, true)
  }

  private async trainEpoch(): Promise<void> {
    await this.exchange()
    const { loader, settings } = this
    const { epoch, position } = this.progress
    loader.state = { epoch, position }
    const watch = { since: settings.host.clock(), waited: loader.waitedSeconds }
    let group: Batch[] = []
    for await (const batch of loader.epoch()) {
      group.push(batch)
      const last = batch.position + 1 === loader.batchesPerEpoch
      if (group.length < settings.accumulate && !last) continue
      await this.update(group, watch)
      group = []
      await settings.host.pause()
      if (this.stopping) return
    }
  }

  private async update(group: readonly Batch[], watch: { since: number; waited: number }): Promise<void> {
    const { settings, updates, network } = this
    if (!updates) throw new SpikeletError({ what: 'the run has not started', next: 'call run()' })
    const { update } = this.progress
    const firstScale = firstLossScale(settings.backend.info)
    // A run may go on with a backend that needs no scale.
    const lossScale = firstScale && (this.progress.lossScale ?? firstScale)
    const { backend, T, loss, encode, clip, bptt: truncation, optimiser, schedule, epochs } = settings
    const factor = scheduleFactor(schedule, { update, updatesPerEpoch: this.updatesPerEpoch, epochs })
    const learningRate = optimiser.options.learningRate * factor
    const keys = this.keys(group.length)
    const memory = this.memory.rebuild ? 'rebuild' : 'keep'
    const step = { backend, updates, T, loss, encode, clip, learningRate, keys, memory, truncation } as const
    const result = await groupStep(network, group, { ...step, lossScale: lossScale?.scale })
    const made = Number.isFinite(result.gradientNorm)
    const nextScale = lossScale && Number.isFinite(result.loss) ? nextLossScale(lossScale, made) : null
    if (!made && !nextScale) throw await this.notFinite(result, group, keys)
    const { clock } = settings.host
    const now = clock()
    const images = group.reduce((sum, { labels }) => sum + labels.length, 0)
    const { sums } = this.progress
    this.progress = {
      ...this.progress,
      position: group[group.length - 1].position + 1,
      update: made ? update + 1 : update,
      ...(nextScale ? { lossScale: nextScale } : {}),
      sums: {
        loss: sums.loss + result.loss * images,
        correct: sums.correct + result.correct,
        images: sums.images + images,
        seconds: sums.seconds + now - watch.since,
        loaderSeconds: sums.loaderSeconds + this.loader.waitedSeconds - watch.waited,
        learningRate,
      },
    }
    if (made) await this.tell(this.updateRecord(result, images, learningRate))
    else {
      updates.count = update
      settings.log(skippedLine(update + 1, nextScale))
    }
    watch.since = clock()
    watch.waited = this.loader.waitedSeconds
  }

  /** The update that was just made, for the record. */
  private updateRecord(result: GroupResult, images: number, learningRate: number): UpdateRecord {
    const { settings, progress } = this
    return {
      epoch: progress.epoch + 1,
      update: progress.update,
      position: Math.ceil(progress.position / settings.accumulate),
      updatesPerEpoch: this.updatesPerEpoch,
      epochs: settings.epochs,
      loss: result.loss,
      accuracy: result.correct / images,
      learningRate,
      gradientNorm: result.gradientNorm,
      imagesPerSecond: perSecond(progress.sums.images, progress.sums.seconds),
    }
  }

  private async tell(record: UpdateRecord): Promise<void> {
    const { recordEvery, checkpointEvery, hooks } = this.settings
    if (record.update % recordEvery === 0) await this.journal.update(record)
    for (const one of hooks) await one.onUpdate?.(record, this)
    if (record.update % checkpointEvery === 0) await this.save()
  }

  /** Names of the random numbers of this update's batches. */
  private keys(batches: number): number[] {
    const random = new Random(this.settings.seed).fork('dropout').fork(this.progress.update)
    return Array.from({ length: batches }, () => random.bits())
  }

  private async notFinite(
    { culprit, loss }: GroupResult,
    group: readonly Batch[],
    keys: readonly number[],
  ): Promise<SpikeletError> {
    const { backend, T, loss: kind, encode, bptt: truncation } = this.settings
    const options = { backend, T, loss: kind, encode, key: keys[culprit], truncation }
    const found = await findNonFinite(this.network, group[culprit], options)
    const { epoch, update } = this.progress
    const saved = await this.settings.store.readCheckpoint('last')
    return new SpikeletError({
      what: Number.isFinite(loss) ? 'a gradient is not finite' : 'the loss is not finite',
      place: `epoch ${epoch + 1}, update ${update + 1}${found ? `, ${found.what} of "${found.where}"` : ''}`,
      got: `loss ${loss}`,
      next:
        'The update was not made. Lower the learning rate, or clip gradients. ' +
        (saved ? `The last checkpoint is whole: ${this.settings.store.place}.` : 'There was no checkpoint yet.'),
    })
  }

  /** Judges the epoch, records it, and makes it the last, perhaps the best, checkpoint. */
  private async closeEpoch(): Promise<void> {
    const { settings, validation, datasets } = this
    const evaluation = await this.evaluate(validation ? datasets.train : datasets.test, validation)
    if (!evaluation) return
    this.lastEvaluation = evaluation
    const { epoch, best, history } = this.progress
    const record = this.epochRecord(evaluation)
    const better = best === null || evaluation.accuracy > best.accuracy
    this.progress = {
      ...this.progress,
      epoch: epoch + 1,
      position: 0,
      sums: noSums,
      history: [...history, record],
      best: better ? { epoch: epoch + 1, accuracy: evaluation.accuracy } : best,
    }
    await this.journal.epoch(this.progress.history)
    const bytes = await this.checkpoint()
    if (better) await settings.store.writeCheckpoint('best', bytes)
    await settings.store.writeCheckpoint('last', bytes)
    settings.log(epochLine(record, settings.epochs))
    if (this.isDone && epoch + 1 < settings.epochs)
      settings.log(`ends early: no epoch was better than epoch ${this.progress.best?.epoch}`)
    for (const warning of firingAdvice(evaluation.firingRates, (layer) => this.isNormalised(layer)))
      settings.log(warning)
    for (const hooks of settings.hooks) await hooks.onEpoch?.(record, this)
  }

  /** Whether BatchNorm stands in front of a layer's neurons, in the layer or right before it. */
  private isNormalised(layer: string): boolean {
    const { rows } = this.network
    const at = rows.findIndex(({ path }) => path === layer || path.startsWith(`${layer}.`))
    return [rows[at - 1], rows[at]].some((row) => row !== undefined && /norm/i.test(row.type))
  }

  private epochRecord({ accuracy, loss, firingRates }: Evaluation): EpochRecord {
    const { epoch, update, sums } = this.progress
    return {
      epoch: epoch + 1,
      update,
      trainLoss: sums.loss / sums.images,
      trainAccuracy: sums.correct / sums.images,
      ...(this.validation
        ? { validationLoss: loss, validationAccuracy: accuracy }
        : { testLoss: loss, testAccuracy: accuracy }),
      learningRate: sums.learningRate,
      imagesPerSecond: perSecond(sums.images, sums.seconds),
      seconds: sums.seconds,
      loaderSeconds: sums.loaderSeconds,
      loaderShare: sums.seconds > 0 ? sums.loaderSeconds / sums.seconds : 0,
      firingRates,
    }
  }

  private evaluate(dataset: Datasets['test'], indices?: Uint32Array): Promise<Evaluation | null> {
    const { backend, host, T, batch, loss, transforms, encode, loaderThreads, startLoaderThread } = this.settings
    const trainer = this
    return evaluate(this.network, dataset, {
      backend,
      host,
      T,
      batch,
      loss,
      transforms: transforms.evaluation,
      encode,
      loaderThreads,
      ...(startLoaderThread ? { startLoaderThread } : {}),
      ...(indices ? { indices } : {}),
      stop: {
        get aborted() {
          return trainer.stopping
        },
      },
    })
  }

  /** The test images' word on the epoch that the rule chooses; null if it was stopped. */
  private async judge(): Promise<{ test: Evaluation; final: FinalAccuracy } | null> {
    const { test } = this.datasets
    const { best, history } = this.progress
    const bestEpoch = best?.epoch ?? history.length
    const last = (this.validation ? null : this.lastEvaluation) ?? (await this.evaluate(test))
    if (!last) return null
    const lastEpochTestAccuracy = last.accuracy
    if (!this.validation) {
      const bestTestAccuracy = best?.accuracy ?? last.accuracy
      const rule = 'last epoch'
      return {
        test: last,
        final: { testAccuracy: last.accuracy, lastEpochTestAccuracy, bestEpoch, bestTestAccuracy, rule },
      }
    }
    const chosen = bestEpoch === history.length ? last : await this.judgeBest()
    if (!chosen) return null
    const rule = 'best validation accuracy'
    return { test: chosen, final: { testAccuracy: chosen.accuracy, lastEpochTestAccuracy, bestEpoch, rule } }
  }

  private async judgeBest(): Promise<Evaluation | null> {
    const { store } = this.settings
    const bytes = await store.readCheckpoint('best')
    if (!bytes) throw new SpikeletError({ what: 'the best checkpoint is gone', place: store.place })
    const now = await this.checkpoint()
    const file = `${store.place}, best checkpoint`
    const [then, exchanged] = [checkpointProgress(bytes, file).exchanged ?? 0, this.progress.exchanged ?? 0]
    if (then !== exchanged) this.inhabit(then)
    loadCheckpoint(bytes, { file, network: this.network })
    const evaluation = await this.evaluate(this.datasets.test)
    if (evaluation) return evaluation
    if (then !== exchanged) this.inhabit(exchanged)
    loadCheckpoint(now, { network: this.network })
    return null
  }

  private async save(): Promise<void> {
    await this.settings.store.writeCheckpoint('last', await this.checkpoint())
  }

  private result(verdict: { test: Evaluation; final: FinalAccuracy } | null): RunResult {
    const { settings, progress, datasets } = this
    return {
      network: this.network,
      stopped: verdict === null,
      config: this.config,
      epochs: progress.history,
      test: verdict?.test ?? null,
      final: verdict?.final ?? null,
      firingRates: verdict?.test.firingRates ?? progress.history.at(-1)?.firingRates ?? [],
      confusion: verdict?.test.confusion ?? [],
      classes: datasets.test.classes,
      backend: settings.backend.info,
      kernels: kernelsNow(settings.backend),
      peakBytes: settings.backend.peakBytes(),
      place: settings.store.place,
    }
  }
}

function perSecond(images: number, seconds: number): number {
  return seconds > 0 ? images / seconds : 0
}

function networkRecord(network: Network): unknown {
  try {
    return network.config
  } catch {
    return null // a model that is a function has no configuration
  }
}
