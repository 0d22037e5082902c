import type { TrainHooks, UpdateRecord } from '../train/index.ts'
import type { Progress, ProgressState } from './progress.ts'

/** Shows a run's updates as a bar. */
export function progressHooks(label: string, progress: Progress, clock: () => number): TrainHooks {
  const started = { at: clock(), update: -1 }
  let mean = { epoch: 0, loss: 0, accuracy: 0, count: 0 }
  return {
    onUpdate(update) {
      if (started.update < 0) started.update = update.update - 1
      mean = added(mean, update)
      const left = update.epochs * update.updatesPerEpoch - update.update
      const judging = update.position === update.updatesPerEpoch
      progress.update({
        label: `${label}  epoch ${update.epoch}/${update.epochs}${judging ? ', judging it' : ''}`,
        done: update.position,
        total: update.updatesPerEpoch,
        whole: update.update / (update.epochs * update.updatesPerEpoch),
        loss: mean.loss / mean.count,
        accuracy: mean.accuracy / mean.count,
        imagesPerSecond: update.imagesPerSecond,
        ...(judging ? {} : { secondsLeft: ((clock() - started.at) / (update.update - started.update)) * left }),
      })
    },
    onEpoch({ epoch }, { config }) {
      if (epoch === config.epochs) progress.update(lastStep(label, 'testing'))
    },
  }
}

/** What is under way once all updates are made: nobody knows how long it takes. */
export function lastStep(label: string, what: string): ProgressState {
  return { label: `${label}  ${what}`, done: 1, total: 1 }
}

function added(
  mean: { epoch: number; loss: number; accuracy: number; count: number },
  { epoch, loss, accuracy }: UpdateRecord,
) {
  const before = mean.epoch === epoch ? mean : { loss: 0, accuracy: 0, count: 0 }
  return { epoch, loss: before.loss + loss, accuracy: before.accuracy + accuracy, count: before.count + 1 }
}
