import type { EpochSummary, RunSummary } from '../report/index.ts'
import type { EpochRecord, RunResult } from '../train/index.ts'

/** What was found out about the trained network. */
export type Analysed = Pick<RunSummary, 'gradients' | 'energy'>

/** A finished run as reports and tables want it. */
export function summaryOf(
  run: Pick<RunSummary, 'dataset' | 'neuron' | 'command'> & { readonly folder: string },
  result: RunResult,
  analysed: Analysed,
): RunSummary | undefined {
  const { dataset, folder, neuron, command } = run
  if (result.final === null) return undefined
  return {
    name: folder,
    neuron,
    model: result.network.name,
    dataset,
    command,
    config: { ...result.config, backend: result.backend },
    epochs: result.epochs.map(epochSummary),
    final: result.final,
    firingRates: result.firingRates,
    ...analysed,
    confusion: result.confusion,
    classes: result.classes,
  }
}

/** An epoch as reports want it. */
export function epochSummary(record: EpochRecord): EpochSummary {
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
