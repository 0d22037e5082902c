import type { Measure } from '../losses/index.ts'
import type { CsvRow } from './csv.ts'
import type { UpdateRecord } from './hooks.ts'
import { outwardNames } from './measure-names.ts'
import type { EpochRecord } from './progress.ts'
import type { RunLine, RunStore } from './run-store.ts'

/** Writes a run's record: lines, table and curves. */
export class Journal {
  private readonly store: RunStore
  private readonly measure: Measure

  constructor(store: RunStore, measure: Measure) {
    this.store = store
    this.measure = measure
  }

  /** Drops the lines of updates and epochs that a resumed run does again. */
  async rewind(update: number, epochs: number): Promise<void> {
    await this.store.keepLines('steps', (line) => (line.update as number) <= update)
    await this.store.keepLines('epochs', (line) => (line.epoch as number) <= epochs)
  }

  async config(config: RunLine): Promise<void> {
    await this.store.writeConfig(config)
  }

  async update(record: UpdateRecord): Promise<void> {
    const { epoch, update, loss, accuracy, learningRate, gradientNorm, imagesPerSecond } = record
    const line = { update, epoch, loss, accuracy, learningRate, gradientNorm, imagesPerSecond }
    await this.store.append('steps', outwardNames(line, this.measure))
    await this.store.scalars(update, {
      'train/loss': loss,
      [`train/${this.measure}`]: accuracy,
      'train/learning rate': learningRate,
      'train/gradient norm': gradientNorm,
    })
  }

  async epoch(history: readonly EpochRecord[]): Promise<void> {
    const record = history[history.length - 1]
    await this.store.append('epochs', outwardNames({ ...record }, this.measure))
    await this.store.writeMetrics(history.map((one) => outwardNames(rowOf(one), this.measure) as CsvRow))
    await this.store.scalars(record.update, curvesOf(record, this.measure))
  }
}

function rowOf({ firingRates, ...numbers }: EpochRecord): CsvRow {
  return { ...numbers, ...Object.fromEntries(firingRates.map(({ layer, rate }) => [`firing rate ${layer}`, rate])) }
}

function curvesOf(record: EpochRecord, measure: Measure): Record<string, number> {
  const curves: Record<string, number | undefined> = {
    'epoch/train loss': record.trainLoss,
    [`epoch/train ${measure}`]: record.trainAccuracy,
    'epoch/validation loss': record.validationLoss,
    [`epoch/validation ${measure}`]: record.validationAccuracy,
    'epoch/test loss': record.testLoss,
    [`epoch/test ${measure}`]: record.testAccuracy,
    'epoch/images per second': record.imagesPerSecond,
    'epoch/loader share': record.loaderShare,
    ...Object.fromEntries(record.firingRates.map(({ layer, rate }) => [`firing rate/${layer}`, rate])),
  }
  return Object.fromEntries(Object.entries(curves).filter(([, value]) => value !== undefined)) as Record<string, number>
}
