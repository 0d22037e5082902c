import { Random, SpikeletError } from '../base/index.ts'
import type { Batch, Loader } from '../data/index.ts'
import { findNonFinite } from './diagnose.ts'
import { type GroupResult, groupStep } from './group-step.ts'
import type { UpdateRecord } from './hooks.ts'
import { firstLossScale, nextLossScale } from './loss-scale.ts'
import { skippedLine } from './run-lines.ts'
import type { RunState } from './run-state.ts'
import { scheduleFactor } from './schedule.ts'

export interface EpochParts {
  readonly loader: Loader
  /** `rebuild`: less memory, more time. */
  readonly memory: 'keep' | 'rebuild'
  /** Hears of each update that was made. */
  tell(update: UpdateRecord): Promise<void>
}

/** Makes the updates of an epoch, from where the run stands. */
export class Epoch {
  private readonly run: RunState
  private readonly parts: EpochParts

  constructor(run: RunState, parts: EpochParts) {
    this.run = run
    this.parts = parts
  }

  get updatesPerEpoch(): number {
    return Math.ceil(this.parts.loader.batchesPerEpoch / this.run.settings.accumulate)
  }

  get isDone(): boolean {
    return this.run.progress.position >= this.parts.loader.batchesPerEpoch
  }

  /**
   * Trains to the epoch's end, or until it is stopped.
   * @throws SpikeletError where the loss is not finite, before an update is made of it
   */
  async train(): Promise<void> {
    const { settings } = this.run
    const { loader } = this.parts
    const { epoch, position } = this.run.progress
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
      if (this.run.stopping) return
    }
  }

  private async update(group: readonly Batch[], watch: { since: number; waited: number }): Promise<void> {
    const { settings, updates, network } = this.run
    if (!updates) throw new SpikeletError({ what: 'the run has not started', next: 'Call run().' })
    const { update } = this.run.progress
    const firstScale = firstLossScale(settings.backend.info)
    // A run may go on with a backend that needs no scale.
    const lossScale = firstScale && (this.run.progress.lossScale ?? firstScale)
    const { backend, T, loss, encode, clip, bptt: truncation, optimiser, schedule, epochs } = settings
    const factor = scheduleFactor(schedule, { update, updatesPerEpoch: this.updatesPerEpoch, epochs })
    const learningRate = optimiser.options.learningRate * factor
    const keys = this.keys(group.length)
    const { memory } = this.parts
    const { score } = this.run
    const { ranks, syncBatchNorm, regularise } = settings
    const together = ranks ? { ranks, syncBatchNorm } : undefined
    const step = {
      backend,
      updates,
      T,
      loss,
      score,
      regularise,
      encode,
      clip,
      learningRate,
      keys,
      memory,
      truncation,
      together,
    } as const
    const own = await groupStep(network, group, { ...step, lossScale: lossScale?.scale })
    const result = { ...own, correct: this.correctOfAll(own.correct, group) }
    const made = Number.isFinite(result.gradientNorm)
    const nextScale = lossScale && Number.isFinite(result.loss) ? nextLossScale(lossScale, made) : null
    if (!made && !nextScale) throw await this.notFinite(result, group, keys)
    const { clock } = settings.host
    const now = clock()
    const images = group.reduce((sum, { whole }) => sum + whole, 0)
    const { sums } = this.run.progress
    this.run.progress = {
      ...this.run.progress,
      position: group[group.length - 1].position + 1,
      update: made ? update + 1 : update,
      ...(nextScale ? { lossScale: nextScale } : {}),
      sums: {
        loss: sums.loss + result.loss * images,
        correct: sums.correct + result.correct,
        images: sums.images + images,
        seconds: sums.seconds + now - watch.since,
        loaderSeconds: sums.loaderSeconds + this.parts.loader.waitedSeconds - watch.waited,
        learningRate,
      },
    }
    if (made) await this.parts.tell(this.updateRecord(result, images, learningRate))
    else {
      updates.count = update
      settings.log(skippedLine(update + 1, nextScale))
    }
    watch.since = clock()
    watch.waited = this.parts.loader.waitedSeconds
  }

  /** Right predictions of all ranks; on the way they tell each other whether one was asked to stop. */
  private correctOfAll(correct: number, group: readonly Batch[]): number {
    const { ranks } = this.run.settings
    if (!ranks) return correct
    const counts = group.some(({ share }) => share > 0)
    const message = Float64Array.of(counts ? correct : 0, this.run.isAsked ? 1 : 0)
    ranks.sum(message)
    if (message[1] > 0) this.run.agreeToStop()
    return message[0]
  }

  /** The update that was just made, for the record. */
  private updateRecord(result: GroupResult, images: number, learningRate: number): UpdateRecord {
    const { settings, progress } = this.run
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

  /** Names of the random numbers of this update's batches. */
  private keys(batches: number): number[] {
    const { seed, ranks } = this.run.settings
    const ofUpdate = new Random(seed).fork('dropout').fork(this.run.progress.update)
    const random = ranks && ranks.rank > 0 ? ofUpdate.fork(ranks.rank) : ofUpdate
    return Array.from({ length: batches }, () => random.bits())
  }

  private async notFinite(
    { culprit, loss }: GroupResult,
    group: readonly Batch[],
    keys: readonly number[],
  ): Promise<SpikeletError> {
    const { backend, T, loss: kind, encode, bptt: truncation } = this.run.settings
    const options = { backend, T, loss: kind, encode, key: keys[culprit], truncation }
    const found = await findNonFinite(this.run.network, group[culprit], options)
    const { epoch, update } = this.run.progress
    const saved = await this.run.settings.store.readCheckpoint('last')
    return new SpikeletError({
      what: Number.isFinite(loss) ? 'a gradient is not finite' : 'the loss is not finite',
      place: `epoch ${epoch + 1}, update ${update + 1}${found ? `, ${found.what} of "${found.where}"` : ''}`,
      got: `loss ${loss}`,
      next:
        'The update was not made. Lower the learning rate, or clip gradients. ' +
        (saved ? `The last checkpoint is whole: ${this.run.settings.store.place}.` : 'There was no checkpoint yet.'),
    })
  }
}

/** A speed, 0 where no time has passed. */
export function perSecond(images: number, seconds: number): number {
  return seconds > 0 ? images / seconds : 0
}
