import type { CsvRow } from './csv.ts'
import type { UpdateRecord } from './hooks.ts'
import type { EpochRecord } from './progress.ts'
import type { RunLine, RunStore } from './run-store.ts'

/** Writes a run's record: lines, table and curves. */
export class Journal {
  private readonly store: RunStore

  constructor(store: RunStore) {
    this.store = store
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
    await this.store.append('steps', { update, epoch, loss, accuracy, learningRate, gradientNorm, imagesPerSecond })
    await this.store.scalars(update, {
      'train/loss': loss,
      'train/accuracy': accuracy,
      'train/learning rate': learningRate,
      'train/gradient norm': gradientNorm,
    })
  }

  async epoch(history: readonly EpochRecord[]): Promise<void> {
    const record = history[history.length - 1]
    await this.store.append('epochs', { ...record })
    await this.store.writeMetrics(history.map(rowOf))
    await this.store.scalars(record.update, curvesOf(record))
  }
}

function rowOf({ firingRates, ...numbers }: EpochRecord): CsvRow {
  return { ...numbers, ...Object.fromEntries(firingRates.map(({ layer, rate }) => [`firing rate ${layer}`, rate])) }
}

function curvesOf(record: EpochRecord): Record<string, number> {
  const curves: Record<string, number | undefined> = {
    'epoch/train loss': record.trainLoss,
    'epoch/train accuracy': record.trainAccuracy,
    'epoch/validation loss': record.validationLoss,
    'epoch/validation accuracy': record.validationAccuracy,
    'epoch/test loss': record.testLoss,
    'epoch/test accuracy': record.testAccuracy,
    'epoch/images per second': record.imagesPerSecond,
    'epoch/loader share': record.loaderShare,
    ...Object.fromEntries(record.firingRates.map(({ layer, rate }) => [`firing rate/${layer}`, rate])),
  }
  return Object.fromEntries(Object.entries(curves).filter(([, value]) => value !== undefined)) as Record<string, number>
}
