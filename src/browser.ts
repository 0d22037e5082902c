import { pageBackend } from './hosts/browser/index.ts'
import { type Hosted, hosted } from './hosts/index.ts'
import { MemoryRunStore } from './train/index.ts'

export { createWebGpu } from './backends/index.ts'
export { type KernelLanguage, neuronText } from './codegen/index.ts'
export { canThread, type PageBackendOptions, pageBackend } from './hosts/browser/index.ts'
export type { HostedEvaluateOptions, HostedTrainOptions } from './hosts/index.ts'
/** `spikelet` in a page or, better, in a worker of one: training there leaves the page free. */
export * from './index.ts'
export { networkBytes } from './train/index.ts'

const page: Hosted = hosted({
  host: {
    clock: () => performance.now() / 1000,
    pause: () => new Promise((resolve) => setTimeout(resolve, 0)),
  },
  createBackend: ({ backend, threads }) =>
    pageBackend({
      ...(typeof backend === 'string' ? { backend } : {}),
      ...(threads === undefined ? {} : { threads }),
    }),
  openStore: async () => new MemoryRunStore(),
  memoryBudget: 2 ** 31,
  log: () => {},
})

/** As the room's `train`, on a backend of this page, with a run record in memory. */
export const train: Hosted['train'] = page.train
export const evaluate: Hosted['evaluate'] = page.evaluate
