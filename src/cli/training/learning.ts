import { type Loss, paperLoss, rateLoss } from '../../losses/index.ts'
import { adamW, constant, cosine, type Optimiser, type Schedule, sgd, step } from '../../train/index.ts'
import type { TrainingOptions } from './options.ts'

/** How a run learns, as the trainer takes it. */
export function learningOf(options: TrainingOptions): {
  loss: Loss
  optimiser: Optimiser
  schedule: Schedule
  clip?: number
} {
  return {
    loss: lossOf(options),
    optimiser: optimiserOf(options),
    schedule: scheduleOf(options),
    ...(options.clip === undefined ? {} : { clip: options.clip }),
  }
}

/** The loss of a run; an evaluation uses the same. */
export function lossOf({ loss, labelSmoothing: smoothing }: Pick<TrainingOptions, 'loss' | 'labelSmoothing'>): Loss {
  return loss === 'paper' ? paperLoss({ smoothing }) : rateLoss({ smoothing })
}

function optimiserOf({ optimiser, lr: learningRate, momentum, weightDecay }: TrainingOptions): Optimiser {
  return optimiser === 'sgd' ? sgd({ learningRate, momentum, weightDecay }) : adamW({ learningRate, weightDecay })
}

function scheduleOf({ schedule, warmup, scheduleEpochs }: TrainingOptions): Schedule {
  if (schedule === 'step') return step({ epochs: scheduleEpochs, warmup })
  return schedule === 'cosine' ? cosine({ warmup }) : constant({ warmup })
}
