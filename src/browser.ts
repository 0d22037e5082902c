import { createInterpreter, createWasm } from './backends/index.ts'
import { type Hosted, hosted } from './hosted.ts'
import { MemoryRunStore } from './train/index.ts'

export type { HostedEvaluateOptions, HostedTrainOptions } from './hosted.ts'
/** `spikelet` in a page. */
export * from './index.ts'

const page: Hosted = hosted({
  host: {
    clock: () => performance.now() / 1000,
    pause: () => new Promise((resolve) => setTimeout(resolve, 0)),
  },
  createBackend: async ({ backend }) => (backend === 'interpreter' ? createInterpreter() : createWasm()),
  openStore: async () => new MemoryRunStore(),
  memoryBudget: 2 ** 32,
  log: () => {},
})

/** As the room's `train`, on one thread, with a run record in memory. */
export const train: Hosted['train'] = page.train
export const evaluate: Hosted['evaluate'] = page.evaluate
