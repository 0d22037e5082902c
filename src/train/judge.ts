import { SpikeletError } from '../base/index.ts'
import type { Datasets } from '../data/index.ts'
import { checkpointProgress, loadCheckpoint } from './checkpoint.ts'
import { perSecond } from './epoch.ts'
import { type Evaluation, evaluate } from './evaluate.ts'
import { firingAdvice } from './firing-advice.ts'
import { type EpochRecord, noSums } from './progress.ts'
import type { Recovery } from './recovery.ts'
import type { FinalAccuracy } from './run-result.ts'
import type { RunState } from './run-state.ts'

/** What the test images say in the end. */
export interface RunVerdict {
  readonly test: Evaluation
  readonly final: FinalAccuracy
}

/** Judges epochs, by validation images where there are some, and in the end the network by test images. */
export class Judge {
  private readonly run: RunState
  private readonly recovery: Recovery
  private lastEvaluation: Evaluation | null = null

  constructor(run: RunState, recovery: Recovery) {
    this.run = run
    this.recovery = recovery
  }

  /** The epoch that is done, judged, and as progress; null if it was stopped. */
  async closeEpoch(): Promise<{ record: EpochRecord; better: boolean; advice: readonly string[] } | null> {
    const { run } = this
    const { validation, datasets } = run
    const evaluation = await this.evaluate(validation ? datasets.train : datasets.test, validation)
    if (!evaluation) return null
    this.lastEvaluation = evaluation
    const { epoch, best, history } = run.progress
    const record = this.epochRecord(evaluation)
    const better = best === null || evaluation.accuracy > best.accuracy
    run.progress = {
      ...run.progress,
      epoch: epoch + 1,
      position: 0,
      sums: noSums,
      history: [...history, record],
      best: better ? { epoch: epoch + 1, accuracy: evaluation.accuracy } : best,
    }
    return { record, better, advice: firingAdvice(evaluation.firingRates, (layer) => this.isNormalised(layer)) }
  }

  /** The test images' word on the epoch that the rule chooses; null if it was stopped. */
  async verdict(): Promise<RunVerdict | null> {
    const { test } = this.run.datasets
    const { best, history } = this.run.progress
    const bestEpoch = best?.epoch ?? history.length
    const last = (this.run.validation ? null : this.lastEvaluation) ?? (await this.evaluate(test))
    if (!last) return null
    const lastEpochTestAccuracy = last.accuracy
    if (!this.run.validation) {
      const bestTestAccuracy = best?.accuracy ?? last.accuracy
      const rule = 'last epoch'
      return {
        test: last,
        final: { testAccuracy: last.accuracy, lastEpochTestAccuracy, bestEpoch, bestTestAccuracy, rule },
      }
    }
    const chosen = bestEpoch === history.length ? last : await this.judgeBest()
    if (!chosen) return null
    const rule = `best validation ${chosen.measure}` as const
    return { test: chosen, final: { testAccuracy: chosen.accuracy, lastEpochTestAccuracy, bestEpoch, rule } }
  }

  private async judgeBest(): Promise<Evaluation | null> {
    const { store } = this.run.settings
    const bytes = await store.readCheckpoint('best')
    if (!bytes) throw new SpikeletError({ what: 'the best checkpoint is gone', place: store.place })
    const now = await this.run.checkpoint()
    const file = `${store.place}, best checkpoint`
    const [then, exchanged] = [checkpointProgress(bytes, file).exchanged ?? 0, this.run.progress.exchanged ?? 0]
    if (then !== exchanged) this.recovery.inhabit(then)
    loadCheckpoint(bytes, { file, network: this.run.network })
    const evaluation = await this.evaluate(this.run.datasets.test)
    if (evaluation) return evaluation
    if (then !== exchanged) this.recovery.inhabit(exchanged)
    loadCheckpoint(now, { network: this.run.network })
    return null
  }

  /** Whether BatchNorm stands in front of a layer's neurons, in the layer or right before it. */
  private isNormalised(layer: string): boolean {
    const { rows } = this.run.network
    const at = rows.findIndex(({ path }) => path === layer || path.startsWith(`${layer}.`))
    return [rows[at - 1], rows[at]].some((row) => row !== undefined && /norm/i.test(row.type))
  }

  private epochRecord({ accuracy, loss, firingRates }: Evaluation): EpochRecord {
    const { epoch, update, sums } = this.run.progress
    return {
      epoch: epoch + 1,
      update,
      trainLoss: sums.loss / sums.images,
      trainAccuracy: sums.correct / sums.images,
      ...(this.run.validation
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
    const { backend, host, T, batch, loss, transforms, encode, loaderThreads, startLoaderThread, ranks } =
      this.run.settings
    const { run } = this
    return evaluate(this.run.network, dataset, {
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
      ...(ranks ? { ranks } : {}),
      stop: {
        get aborted() {
          return run.stopping
        },
      },
    })
  }
}
