import type { Datasets } from '../data/index.ts'
import type { Network } from '../nn/index.ts'
import type { RunResult } from './run-result.ts'
import type { TrainOptions } from './settings.ts'
import { Trainer } from './trainer.ts'

/**
 * Trains a network on a data set's training images and judges it by the test images.
 * Same seed, same host features, same numbers: on any number of threads, stopped and resumed or not.
 * @throws UsageError, ShapeError or ResourceError before anything is computed, where something does not fit;
 * SpikeletError where the loss is not finite
 */
export function train(network: Network, datasets: Datasets, options: TrainOptions): Promise<RunResult> {
  return new Trainer(network, datasets, options).run()
}
