import type { Dataset, Datasets } from './data/index.ts'
import type { HostedEvaluateOptions, HostedTrainOptions } from './hosts/index.ts'
import type { Network } from './nn/index.ts'
import { nodeTraining } from './runs/index.ts'
import type { Evaluation, RunResult } from './train/index.ts'

export type { HostedEvaluateOptions, HostedTrainOptions } from './hosts/index.ts'
export { defaultBackend, save } from './hosts/node/index.ts'
/** `spikelet` in Node. */
export * from './index.ts'

/**
 * Trains a network on a data set's training samples, and judges it by the test samples after the epoch that the rule chose.
 * @param network its parameters are those of the chosen epoch afterwards
 * @param datasets what to learn from and what to be judged by, such as `await fashionMnist()`
 * @param options `T` and `epochs` are needed; without `backend`, WebAssembly on all threads; without `run`, a new folder under runs/
 * @returns accuracies in 0..1, what happened in each epoch, and where the run was kept
 * @throws UsageError, ShapeError or ResourceError before anything is computed; SpikeletError where the loss is not finite
 */
export function train(network: Network, datasets: Datasets, options: HostedTrainOptions): Promise<RunResult> {
  return nodeTraining.train(network, datasets, options)
}

/**
 * Judges a network by a data set, in evaluation mode. Every sample counts once.
 * @param options `T` is needed; without `backend`, the one on which the network lies, or WebAssembly
 * @returns accuracy in 0..1, confusion as [true class][predicted class], firing rates by layer
 * @throws ShapeError where samples do not fit the network
 */
export function evaluate(network: Network, dataset: Dataset, options: HostedEvaluateOptions): Promise<Evaluation> {
  return nodeTraining.evaluate(network, dataset, options)
}
