import type { Truncation } from '../equations/index.ts'
import { type Loss, rateLoss, temporalLosses, tetLoss } from '../losses/index.ts'
import {
  adamW,
  constant,
  cosine,
  type Exchange,
  type Optimiser,
  type Schedule,
  sgd,
  stepDecay,
} from '../train/index.ts'
import { chooseNeuron } from './choose-neuron.ts'
import type { TrainingOptions } from './run-settings.ts'

/** How a run learns, as the trainer takes it. */
export function learningOf(options: TrainingOptions): {
  loss: Loss
  optimiser: Optimiser
  schedule: Schedule
  clip?: number
  bptt: Truncation | null
} {
  return {
    loss: lossOf(options),
    optimiser: optimiserOf(options),
    schedule: scheduleOf(options),
    bptt: options.bptt === undefined ? null : { k: options.bptt, kind: options.bpttKind },
    ...(options.clip === undefined ? {} : { clip: options.clip }),
  }
}

/** The exchanges of neurons that a run was told of. @throws UsageError for an unknown neuron */
export function exchangesOf({ exchange }: Pick<TrainingOptions, 'exchange'>): Promise<Exchange[]> {
  return Promise.all(
    exchange.map(async (text) => {
      const at = text.indexOf(':')
      return { epoch: Number(text.slice(0, at)), neuron: await chooseNeuron(text.slice(at + 1)) }
    }),
  )
}

/** The loss of a run; an evaluation uses the same. */
export function lossOf({ loss, labelSmoothing: smoothing }: Pick<TrainingOptions, 'loss' | 'labelSmoothing'>): Loss {
  if (loss === 'rate') return rateLoss({ smoothing })
  if (Object.hasOwn(temporalLosses, loss)) return temporalLosses[loss as keyof typeof temporalLosses]()
  return tetLoss({ smoothing, to: loss === 'tet' ? 1 : 'oneHot' })
}

function optimiserOf({ optimiser, lr: learningRate, momentum, weightDecay }: TrainingOptions): Optimiser {
  const given = {
    ...(learningRate === undefined ? {} : { learningRate }),
    ...(weightDecay === undefined ? {} : { weightDecay }),
  }
  return optimiser === 'sgd' ? sgd({ ...given, momentum }) : adamW(given)
}

function scheduleOf({ schedule, warmup, scheduleEpochs }: TrainingOptions): Schedule {
  if (schedule === 'step') return stepDecay({ epochs: scheduleEpochs, warmup })
  return schedule === 'cosine' ? cosine({ warmup }) : constant({ warmup })
}
