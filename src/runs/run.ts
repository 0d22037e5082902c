import { openNodeRunStore } from './run-store.ts'
import { writeWhole } from '../base/index.ts'
import { join } from 'node:path'
import { energy } from '../analysis/index.ts'
import type { Backend } from '../backends/index.ts'
import { UsageError } from '../base/index.ts'
import type { Datasets } from '../data/index.ts'
import { modelNamed } from '../models/index.ts'
import type { Network } from '../nn/index.ts'
import { type RunSummary, reportHtml } from '../report/index.ts'
import { type RunResult, type TrainOptions, train } from '../train/index.ts'
import { chooseNeuron } from './choose-neuron.ts'
import type { Progress } from './progress.ts'
import { mixingOf, transformsFor } from './images.ts'
import { writeKernels } from './kernels.ts'
import { exchangesOf, learningOf } from './learning.ts'
import type { TrainingOptions } from './run-settings.ts'
import { lastStep, progressHooks } from './progress-hooks.ts'
import { writeRunCommand } from './folder.ts'
import type { RunRequest } from './run-request.ts'
import { type Analysed, summaryOf } from './summary.ts'
import { writeSummary } from './summary-file.ts'
import { testGradients } from './test-gradients.ts'

/** What watches and stops a run. */
export interface Watch {
  readonly surroundings: { clock(): number }
  readonly progress: Progress
  readonly stop: { readonly aborted: boolean }
}

export interface FinishedRun {
  readonly result: RunResult
  /** Undefined where the run was stopped. */
  readonly summary: RunSummary | undefined
}

/** The network that options describe. @throws UsageError for an unknown model or neuron; ShapeError if images misfit */
export async function networkOf(options: TrainingOptions, { train: images }: Datasets): Promise<Network> {
  const { model, hidden, neuron, neuronOptions, dropout, normalisation, seed, T } = options
  return modelNamed(model)({
    input: images.shape,
    classes: images.classes.length,
    neuron: await chooseNeuron(neuron, neuronOptions),
    dropout,
    normalisation,
    seed,
    T,
    ...(hidden === undefined ? {} : { hidden }),
  })
}

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
    exchange: await exchangesOf(options),
    loaderThreads: options.loaderThreads,
    ...(options.checkpointEvery === undefined ? {} : { checkpointEvery: options.checkpointEvery }),
  }
}

/** Trains, keeps the run in its folder, and writes its report there. */
export async function runTraining(request: RunRequest, watch: Watch): Promise<FinishedRun> {
  const { folder, datasets, options, backend, resume, dataset, lock } = request
  const { clock } = watch.surroundings
  const network = await networkOf(options, datasets)
  const training = await trainOptionsOf(options, datasets, { backend, clock })
  const store = await openNodeRunStore(folder, { mode: resume ? 'resume' : 'new', clock, ...(lock ? { lock } : {}) })
  try {
    if (!resume) await writeRunCommand(folder, { dataset, options })
    const result = await train(network, datasets, {
      ...training,
      store,
      resume,
      stop: watch.stop,
      hooks: progressHooks(request.label, watch.progress, clock),
      log: (line) => watch.progress.line(`${request.label}  ${line}`),
    })
    if (!result.stopped) watch.progress.update(lastStep(request.label, 'looking at gradients, writing the report'))
    const summary = result.stopped ? undefined : summaryOf(request, result, await analysed(request, result))
    if (summary) await keepSummary(folder, summary)
    await writeKernels(folder, result.kernels)
    return { result, summary }
  } finally {
    watch.progress.clear()
    await store.close()
  }
}

/** What the trained network is looked at with: enough for a picture, little beside an epoch. */
const lookedAt = { images: 8, sample: 256 }

/** Gradients and energy of the trained network; nothing for one without neurons. */
async function analysed({ datasets, options }: RunRequest, { network, firingRates }: RunResult): Promise<Analysed> {
  const { T, augment, seed } = options
  if (network.neurons.size === 0) return {}
  const { evaluation: transforms } = transformsFor(datasets, augment)
  const gradients = await orNothing(async () => {
    const { unit, about, maps } = await testGradients(network, datasets.test, { ...lookedAt, T, seed, transforms })
    const layers = maps.map(({ name, total }) => ({
      layer: name,
      size: total.size.map((row) => Array.from(row, (value) => Number(value.toPrecision(4)))),
    }))
    return { unit, about, layers }
  })
  const rates = Object.fromEntries(firingRates.map(({ layer, rate }) => [layer, rate]))
  const sequence = datasets.test.steps !== undefined
  const spent = await orNothing(async () => energy(network, { T, rates, sequence }))
  return { ...(gradients ? { gradients } : {}), ...(spent ? { energy: spent } : {}) }
}

/** A picture that a network has none of, say of gradients through feedback, is left out: its run counts all the same. */
async function orNothing<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UsageError) return undefined
    throw error
  }
}

async function keepSummary(folder: string, summary: RunSummary): Promise<void> {
  await writeSummary(folder, summary)
  await writeWhole(join(folder, 'report.html'), reportHtml([summary]))
}

/** Lets timers, signals and threads have their turn. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
