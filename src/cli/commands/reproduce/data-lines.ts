import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type PlannedExperiment, runFolder } from './planned-jobs.ts'

/** What a reader must know of the data that was really used, as the records of the runs say it; a line a data set. */
export async function dataLines({ plan, keys }: PlannedExperiment, out: string): Promise<string[]> {
  const lines = new Map<string, string>()
  for (const [i, row] of plan.rows.entries()) {
    for (const [k, { dataset }] of row.runs.entries()) {
      if (lines.has(dataset)) continue
      const config = await configOf(join(runFolder(out, keys[i][k]), 'config.json'))
      if (config) lines.set(dataset, lineOf(dataset, config))
    }
  }
  return [...lines.values()]
}

interface Config {
  readonly dataset: { readonly train: number; readonly test: number }
  readonly notes?: readonly string[]
}

function lineOf(dataset: string, { dataset: { train, test }, notes = [] }: Config): string {
  const remarks = notes.length > 0 ? ` (${notes.join('; ')})` : ''
  return `${dataset}: ${train} samples to learn from, ${test} to judge by${remarks}.`
}

/** Undefined where the run left no record. */
async function configOf(file: string): Promise<Config | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    return undefined
  }
}
