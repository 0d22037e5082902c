import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError } from '../../../base/index.ts'
import type { RowResult, RunOutcome } from '../../../experiments/index.ts'
import type { RunAsLifRow } from '../../../runs/index.ts'

import { readSummary, runFiles } from '../../../runs/index.ts'
import type { EpochRecord, FinalAccuracy } from '../../../train/index.ts'
import { type PlannedExperiment, runFolder } from './planned-jobs.ts'

/** What a run found; undefined while it is not finished. @throws FormatError for a damaged record */
export async function readOutcome(folder: string, seed: number): Promise<RunOutcome | undefined> {
  const summary = await readSummary(folder, () => {})
  if (!summary) return undefined
  const lines = (await readIfThere(join(folder, 'epochs.jsonl'))) ?? ''
  const { firingRates, confusion = [] } = summary
  const final = summary.final as FinalAccuracy
  const asLif = await readJsonIfThere<RunAsLifRow[]>(join(folder, runFiles.asLif))
  return {
    seed,
    images: confusion.flat().reduce((sum, count) => sum + count, 0),
    accuracy: final.lastEpochTestAccuracy,
    bestAccuracy: final.bestTestAccuracy ?? final.testAccuracy,
    epochs: lines.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as EpochRecord])),
    firingRates,
    ...(asLif ? { asLif } : {}),
  }
}

/** The rows of an experiment with what their runs found, as far as they are finished. */
export async function rowResults(
  { plan, keys }: PlannedExperiment,
  out: string,
  failures: ReadonlyMap<string, string>,
): Promise<RowResult[]> {
  return Promise.all(
    plan.rows.map(async (row, i) => {
      const found = await Promise.all(
        row.runs.map((run, k) => readOutcome(runFolder(out, keys[i][k]), run.settings.seed)),
      )
      return {
        ...row,
        outcomes: found.filter((one) => one !== undefined),
        failures: keys[i].flatMap((key) => failures.get(key) ?? []),
      }
    }),
  )
}

async function readJsonIfThere<Value>(file: string): Promise<Value | undefined> {
  const text = await readIfThere(file)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new FormatError({
      what: "a run's record is not JSON",
      place: file,
      got: text.slice(0, 60),
      next: 'Delete the folder of this run: it is then run again.',
      cause,
    })
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
