import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Replacement } from '../../../experiments/index.ts'
import { isLimitNote, runFiles } from '../../../runs/index.ts'
import { type PlannedExperiment, runFolder } from './planned-jobs.ts'

/** What a reader must know of a data set that was used. */
export interface UsedData {
  readonly line: string
  /** Where it was not whole. */
  readonly replaced?: Replacement
}

/** The data that was really used, as the records of the runs say it. */
export async function usedData({ plan, keys }: PlannedExperiment, out: string): Promise<UsedData[]> {
  const found = new Map<string, UsedData>()
  for (const [i, row] of plan.rows.entries()) {
    for (const [k, { dataset }] of row.runs.entries()) {
      if (found.has(dataset)) continue
      const config = await configOf(join(runFolder(out, keys[i][k]), runFiles.config))
      if (config) found.set(dataset, used(dataset, config))
    }
  }
  return [...found.values()]
}

interface Config {
  readonly dataset: { readonly train: number; readonly test: number }
  readonly notes?: readonly string[]
}

function used(dataset: string, { dataset: { train, test }, notes = [] }: Config): UsedData {
  const remarks = notes.length > 0 ? ` (${notes.join('; ')})` : ''
  const line = `${dataset}: ${train} samples to learn from, ${test} to judge by${remarks}.`
  // What --limit takes is among the replacements already.
  const lacking = notes.filter((note) => !isLimitNote(note))
  if (lacking.length === 0) return { line }
  return { line, replaced: { what: `files, ${dataset}`, paper: 'all', here: lacking.join('; ') } }
}

/** Undefined where the run left no record. */
async function configOf(file: string): Promise<Config | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    return undefined
  }
}
