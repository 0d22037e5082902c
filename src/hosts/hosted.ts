import type { Backend } from '../backends/index.ts'
import type { Dataset, Datasets } from '../data/index.ts'
import type { Network } from '../nn/index.ts'
import {
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type Host,
  type Ranks,
  type RunLine,
  type RunResult,
  type RunStore,
  type Training,
  type TrainOptions,
  train,
} from '../train/index.ts'

/** What a place where Spikelet runs offers to training. */
export interface Surroundings {
  readonly host: Host
  createBackend(options: BackendChoice): Promise<Backend>
  openStore(options: RunChoice, names: RunNames): Promise<RunStore>
  readonly memoryBudget: number
  log(line: string): void
  /**
   * The processes that a launcher started to train together, and threads for each; null where this one is alone. Default:
   * there are none here.
   */
  ranks?(distributed: Distributed): { readonly ranks: Ranks; readonly threads: number } | null
  /** Keeps what a run's folder holds beside its record. Default: nothing. */
  readonly keeper?: RunKeeper
}

/** One run of a program, as it is kept. */
export interface KeptRun {
  readonly network: Network
  readonly datasets: Datasets
  readonly options: TrainOptions & { readonly store: RunStore }
}

/** Writes into a run's folder what the trainer does not. */
export interface RunKeeper {
  /** Training has begun, or goes on. */
  begun(run: KeptRun, config: RunLine): Promise<void>
  /** It is done, or was stopped; the network is still on its backend. */
  done(run: KeptRun, result: RunResult): Promise<void>
}

/** What a run's folder is named after. */
export interface RunNames {
  readonly dataset: string
  readonly model: string
  readonly neuron: string
}

/** Backends by name; `auto`: webgpu where there is a GPU, else wasm. */
export type BackendName = 'auto' | 'wasm' | 'webgpu' | 'interpreter'

export interface BackendChoice {
  /** A backend, which stays open; or the name of one that is made for this call. Default: wasm. */
  readonly backend?: Backend | BackendName
  /** Threads of a backend that is made; default: all. */
  readonly threads?: number
}

export interface RunChoice {
  /**
   * Folder of the run, or, where it holds a run that is not resumed, the next with a free number; false: keep it in memory.
   * Default: a new folder under runs/.
   */
  readonly run?: string | false
  readonly resume?: boolean
}

/** Which processes train together: those of MPI where its launcher started several (`auto`), or in any case; or this one alone. */
export type Distributed = 'auto' | 'mpi' | 'none'

/** What `train` is told. */
export interface HostedTrainOptions
  extends Omit<TrainOptions, 'backend' | 'host' | 'resume' | 'ranks'>,
    BackendChoice,
    RunChoice {
  /** Default `auto`. Rank 0 keeps the run; every rank gets the result. */
  readonly distributed?: Distributed
}

/** What `evaluate` is told. */
export interface HostedEvaluateOptions extends Omit<EvaluateOptions, 'backend' | 'host'>, BackendChoice {}

/** `train` and `evaluate` that need no backend, clock or store: they take those of the surroundings. */
export interface Hosted {
  /**
   * Trains a network on a data set's training images and judges it by the test images.
   * @throws UsageError, ShapeError or ResourceError before anything is computed; SpikeletError where the loss is not finite
   */
  train(network: Network, datasets: Datasets, options: HostedTrainOptions): Promise<RunResult>
  /** Judges a network by a data set, in evaluation mode. Every image counts once. */
  evaluate(network: Network, dataset: Dataset, options: HostedEvaluateOptions): Promise<Evaluation>
}

export function hosted(here: Surroundings): Hosted {
  return {
    async train(network, datasets, { backend, threads, run, distributed = 'auto', ...options }) {
      const together = distributed === 'none' ? null : (here.ranks?.(distributed) ?? null)
      const ranks = together?.ranks ?? null
      const first = !ranks || ranks.rank === 0
      const kept = first ? run : false
      const choice = { ...(kept === undefined ? {} : { run: kept }), resume: options.resume ?? false }
      return withBackend(here, network, { backend, threads: threads ?? together?.threads }, async (chosen) => {
        const names = { dataset: datasets.name, model: network.name, neuron: network.neuron?.name ?? 'network' }
        const store = options.store ?? (await here.openStore(choice, names))
        const defaults = { host: here.host, memoryBudget: here.memoryBudget, log: first ? here.log : () => {} }
        const all = { ...defaults, ...options, ranks, backend: chosen, store }
        const keeper = store === options.store || !first ? undefined : here.keeper
        const begun = { network, datasets, options: all }
        const hooks = [{ onStart: ({ config }: Training) => keeper?.begun(begun, config) }, all.hooks ?? []].flat()
        try {
          const result = await train(network, datasets, { ...all, hooks })
          await keeper?.done(begun, result)
          return result
        } finally {
          if (store !== options.store) await store.close()
        }
      })
    },
    evaluate: (network, dataset, { backend, threads, ...options }) =>
      withBackend(here, network, { backend: backend ?? network.backend ?? undefined, threads }, (chosen) =>
        evaluate(network, dataset, { ...options, host: here.host, backend: chosen }),
      ),
  }
}

/** Works on the chosen backend. One that was made here is closed, once the network's values are back on the host. */
async function withBackend<Result>(
  here: Surroundings,
  network: Network,
  { backend, threads }: { backend: BackendChoice['backend'] | undefined; threads: number | undefined },
  work: (backend: Backend) => Promise<Result>,
): Promise<Result> {
  if (typeof backend === 'object') return work(backend)
  const made = await here.createBackend({ ...(backend ? { backend } : {}), ...(threads ? { threads } : {}) })
  try {
    return await work(made)
  } finally {
    if (network.backend === made) {
      await network.pull()
      network.unplace()
    }
    await made.close()
  }
}
