import type { EpochSummary, RunSummary } from '../report/index.ts'
import type { EpochRecord, RunResult } from '../train/index.ts'
import { repeatText } from './repeat.ts'
import type { RunRequest } from './run-request.ts'

/** What was found out about the trained network. */
export type Analysed = Pick<RunSummary, 'gradients' | 'energy'>

/** A finished run as reports and tables want it. */
export function summaryOf(request: RunRequest, result: RunResult, analysed: Analysed): RunSummary | undefined {
  const { dataset, options, folder } = request
  if (result.final === null) return undefined
  return {
    name: folder,
    neuron: options.neuron,
    model: result.network.name,
    dataset,
    command: request.repeat ?? repeatText(request),
    config: { ...result.config, backend: result.backend },
    epochs: result.epochs.map(epochSummary),
    final: result.final,
    firingRates: result.firingRates,
    ...analysed,
    confusion: result.confusion,
    classes: result.classes,
  }
}

function epochSummary(record: EpochRecord): EpochSummary {
  const { epoch, trainLoss, trainAccuracy, learningRate, imagesPerSecond } = record
  const { validationLoss, validationAccuracy, testAccuracy } = record
  return {
    epoch,
    trainLoss,
    trainAccuracy,
    learningRate,
    imagesPerSecond,
    ...(validationLoss === undefined ? {} : { validationLoss }),
    ...(validationAccuracy === undefined ? {} : { validationAccuracy }),
    ...(testAccuracy === undefined ? {} : { testAccuracy }),
  }
}
