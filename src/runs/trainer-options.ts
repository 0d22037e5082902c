import type { Backend } from '../backends/index.ts'
import { UsageError } from '../base/index.ts'
import type { Datasets } from '../data/index.ts'
import { type ClassWeights, regulariserOf, type TrainOptions } from '../train/index.ts'
import { mixingOf, transformsFor } from './images.ts'
import { exchangesOf, learningOf } from './learning.ts'
import type { TrainingOptions } from './run-settings.ts'

/** What options say to the trainer. @throws UsageError for an unknown neuron */
export async function trainOptionsOf(
  options: TrainingOptions,
  datasets: Datasets,
  { backend, clock }: { readonly backend: Backend; readonly clock: () => number },
): Promise<TrainOptions> {
  return {
    ...learningOf(options),
    backend,
    host: { clock, pause },
    T: options.T,
    epochs: options.epochs,
    batch: options.batch,
    accumulate: options.accumulate,
    seed: options.seed,
    validation: options.validation === 0 ? 'none' : options.validation,
    transforms: transformsFor(datasets, options.augment),
    mixing: mixingOf(options.augment),
    freeze: options.freeze,
    ...(options.quantise === undefined ? {} : { quantise: options.quantise }),
    ...(options.regularise.length > 0 ? { regularise: options.regularise.map(regulariserOf) } : {}),
    exchange: await exchangesOf(options),
    ...(options.earlyStop === undefined ? {} : { earlyStopping: { patience: options.earlyStop } }),
    ...(options.classWeights === undefined ? {} : { classWeights: classWeightsIn(options.classWeights) }),
    loaderThreads: options.loaderThreads,
    ...(options.syncBatchnorm ? { syncBatchNorm: true } : {}),
    ...(options.checkpointEvery === undefined ? {} : { checkpointEvery: options.checkpointEvery }),
  }
}

/** `balanced`, or numbers. @throws UsageError for both at once */
function classWeightsIn(texts: readonly string[]): ClassWeights {
  if (texts.length === 1 && texts[0] === 'balanced') return 'balanced'
  if (!texts.includes('balanced')) return texts.map(Number)
  throw new UsageError({
    what: 'class weights are either balanced or numbers',
    expected: 'balanced, or a number for each class',
    got: texts.join(','),
  })
}

/** Lets timers, signals and threads have their turn. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
