import type { Hosted } from './hosts/index.ts'
import { nodeTraining } from './runs/index.ts'

export type { HostedEvaluateOptions, HostedTrainOptions } from './hosts/index.ts'
export { defaultBackend, save } from './hosts/node/index.ts'
/** `spikelet` in Node. */
export * from './index.ts'
/** As the room's `train`, with a default backend, a run folder and a clock. */
export const train: Hosted['train'] = nodeTraining.train
export const evaluate: Hosted['evaluate'] = nodeTraining.evaluate
