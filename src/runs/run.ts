import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Datasets } from '../data/index.ts'
import { modelNamed } from '../models/index.ts'
import type { Network } from '../nn/index.ts'
import type { RunSummary } from '../report/index.ts'
import { type Ranks, type RunResult, train } from '../train/index.ts'
import { chooseNeuron } from './choose-neuron.ts'
import { finishRun } from './finish.ts'
import { readRunConfig, writeRunCommand } from './folder.ts'
import { transformsFor } from './images.ts'
import { networkOfProgram } from './program-run.ts'
import type { Progress } from './progress.ts'
import { lastStep, progressHooks } from './progress-hooks.ts'
import { repeatText } from './repeat.ts'
import { runFiles } from './run-files.ts'
import type { RunRequest } from './run-request.ts'
import type { TrainingOptions } from './run-settings.ts'
import { openNodeRunStore } from './run-store.ts'
import { startFrom } from './start-from.ts'
import { trainOptionsOf } from './trainer-options.ts'

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

/** The network of a run that goes on or begins, and what filled it before. */
async function networkOfRun(request: RunRequest): Promise<{ network: Network; from?: string; line?: string }> {
  const config = request.program && (await readRunConfig(request.folder))
  if (config) return { network: networkOfProgram(request, config, request.folder) }
  const network = await networkOf(request.options, request.datasets)
  const { from } = request.options
  if (from === undefined) return { network }
  const recorded = request.resume ? await recordedFrom(request.folder) : undefined
  if (recorded !== undefined) return { network, from: recorded }
  const { record, line } = await startFrom(network, from)
  return { network, from: record, line }
}

/** What filled a run that has a checkpoint: its weights are there, and the file that it began with may be gone. */
async function recordedFrom(folder: string): Promise<string | undefined> {
  if (!existsSync(join(folder, runFiles.last))) return undefined
  const from = (await readRunConfig(folder))?.from
  return typeof from === 'string' ? from : undefined
}

/** Trains, keeps the run in its folder, and writes its report there. */
export async function runTraining(request: RunRequest, watch: Watch): Promise<FinishedRun> {
  if (request.ranks && request.ranks.rank > 0) return helpTraining(request, request.ranks, watch)
  const { folder, datasets, options, backend, resume, dataset, lock, program, label, ranks = null } = request
  const { clock } = watch.surroundings
  const { network, from, line } = await networkOfRun(request)
  const training = await trainOptionsOf(options, datasets, { backend, clock })
  const store = await openNodeRunStore(folder, { mode: resume ? 'resume' : 'new', clock, ...(lock ? { lock } : {}) })
  const command = { dataset, options, ...(program ? { program } : {}) }
  try {
    if (!resume) await writeRunCommand(folder, command)
    if (line) watch.progress.line(`${label}  ${line}`)
    const result = await train(network, datasets, {
      ...training,
      ...(from === undefined ? {} : { from }),
      ranks,
      store,
      resume,
      stop: watch.stop,
      hooks: progressHooks(label, watch.progress, clock),
      log: (line) => watch.progress.line(`${label}  ${line}`),
    })
    // More epochs than it was begun with: they count from here on.
    if (resume) await writeRunCommand(folder, command)
    if (!result.stopped) watch.progress.update(lastStep(label, 'looking at gradients, writing the report'))
    const { T, seed, neuron, augment } = options
    const { evaluation: transforms } = transformsFor(datasets, augment)
    const text = request.repeat ?? repeatText(command)
    const summary = await finishRun({ folder, dataset, neuron, command: text, datasets, T, seed, transforms }, result)
    return { result, summary }
  } finally {
    watch.progress.clear()
    await store.close()
  }
}

/** What a rank does that does not keep the run. */
async function helpTraining(request: RunRequest, ranks: Ranks, { surroundings, stop }: Watch): Promise<FinishedRun> {
  const { datasets, options, backend, resume } = request
  const { network, from } = await networkOfRun(request)
  const training = await trainOptionsOf(options, datasets, { backend, clock: surroundings.clock })
  const own = { ...(from === undefined ? {} : { from }), ranks, resume, stop }
  const result = await train(network, datasets, { ...training, ...own })
  return { result, summary: undefined }
}
