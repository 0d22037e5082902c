import { readdir } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { FormatError, UsageError } from '../base/index.ts'
import type { RunSummary } from '../report/index.ts'
import type { RunLine } from '../train/index.ts'
import { type RunCommand, readEpochs, readRunCommand, readRunConfig, readUpdates } from './folder.ts'
import { runFiles } from './run-files.ts'
import { epochSummary } from './summary.ts'
import { readSummary } from './summary-file.ts'

/** A run as its folder tells it, finished or not. */
export interface KnownRun {
  readonly folder: string
  readonly finished: boolean
  readonly dataset: string
  readonly model: string
  readonly neuron: string
  readonly T: number
  readonly seed: number
  /** Epochs that are done, and how many there shall be. */
  readonly epochs: number
  readonly ofEpochs: number
  /** Seconds of training, without judging. */
  readonly seconds: number
  /** For reports; of a run that is not finished, what is not known is NaN. */
  readonly summary: RunSummary
}

/** Folders lie in folders of comparisons, sweeps and reproductions, no deeper than this. */
const deepest = 4

/**
 * The folders of runs in a folder, itself among them, by name.
 * @throws UsageError if there is no such folder
 */
export async function findRuns(folder: string, depth = deepest): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError({
      what: 'there is no such folder of runs',
      place: folder,
      got: cause.message,
      next: 'Runs lie in the folder runs, where no other was named.',
      cause,
    })
  })
  if (entries.some(({ name }) => name === runFiles.config)) return [folder]
  if (depth === 0) return []
  const inside = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const found = await Promise.all(inside.sort().map((name) => findRuns(join(folder, name), depth - 1)))
  return found.flat()
}

/**
 * Reads a run's folder at any time, also while it trains.
 * @param warn hears of files that cannot be used
 * @throws UsageError if there is no run in it; FormatError if its record is damaged
 */
export async function readRun(folder: string, warn: (line: string) => void): Promise<KnownRun> {
  const config = await readRunConfig(folder)
  if (!config) {
    throw new UsageError({
      what: 'there is no run in this folder',
      place: folder,
      next: "A run's folder holds a config.json; spikelet runs lists them.",
    })
  }
  const [verdict, command, records, updates] = await Promise.all([
    readSummary(folder, warn),
    commandOf(folder),
    readEpochs(folder),
    readUpdates(folder),
  ])
  const name = (config.dataset as { name?: unknown } | undefined)?.name
  const { T, seed, epochs: ofEpochs, model } = config
  if (typeof name !== 'string' || typeof T !== 'number' || typeof ofEpochs !== 'number') {
    throw new FormatError({ what: 'the record of this run cannot be read', place: join(folder, runFiles.config) })
  }
  // A run that goes on for more epochs has a verdict on fewer until it is finished again.
  const summary = verdict && records.length <= verdict.epochs.length ? verdict : undefined
  const neuron = summary?.neuron ?? command?.options.neuron ?? neuronIn(config.network) ?? 'none'
  return {
    folder,
    finished: summary !== undefined,
    dataset: name,
    model: String(model),
    neuron,
    T,
    seed: Number(seed),
    epochs: records.length,
    ofEpochs,
    seconds: records.reduce((sum, { seconds }) => sum + seconds, 0),
    summary: summary ?? unfinished(folder, { config, neuron, dataset: name, records, updates }),
  }
}

/** Programs of version 0.1 left none; one that cannot be read decides nothing here. */
async function commandOf(folder: string): Promise<RunCommand | undefined> {
  return readRunCommand(folder).catch(() => undefined)
}

/** What is known of a run that is not done. */
function unfinished(
  folder: string,
  run: { config: RunLine; neuron: string; dataset: string; records: Awaited<ReturnType<typeof readEpochs>> } & Pick<
    RunSummary,
    'updates'
  >,
): RunSummary {
  const { config, neuron, dataset, records, updates } = run
  return {
    name: folder,
    neuron,
    model: String(config.model),
    dataset,
    command: `npx spikelet train --resume ${folder}`,
    config,
    epochs: records.map(epochSummary),
    final: {
      testAccuracy: Number.NaN,
      lastEpochTestAccuracy: records.at(-1)?.testAccuracy ?? Number.NaN,
      bestEpoch: records.length,
      rule: 'not finished',
    },
    firingRates: records.at(-1)?.firingRates ?? [],
    ...(updates ? { updates } : {}),
  }
}

/** The name of the first neuron in a network's configuration. */
export function neuronIn(config: unknown): string | undefined {
  if (typeof config !== 'object' || config === null) return undefined
  const { neuron } = config as { neuron?: unknown }
  if (typeof neuron === 'string') return neuron
  for (const part of Object.values(config)) {
    const found = neuronIn(part)
    if (found !== undefined) return found
  }
  return undefined
}

/** A run's name beside others of a folder. */
export function nameWithin(folder: string, run: string): string {
  return relative(folder, run) || basename(run)
}
