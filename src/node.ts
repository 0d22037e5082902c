import type { Hosted } from './hosted.ts'
import { nodeTraining } from './node-training.ts'

export type { HostedEvaluateOptions, HostedTrainOptions } from './hosted.ts'
/** `spikelet` in Node. */
export * from './index.ts'
export { defaultBackend } from './node-backend.ts'
export { save } from './node-save.ts'
/** As the room's `train`, with a default backend, a run folder and a clock. */
export const train: Hosted['train'] = nodeTraining.train
export const evaluate: Hosted['evaluate'] = nodeTraining.evaluate
