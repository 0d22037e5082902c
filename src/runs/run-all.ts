import { join } from 'node:path'
import { makeFolder, writeWhole } from '../base/index.ts'
import { type RunSummary, reportHtml } from '../report/index.ts'
import { runTraining, type Watch } from './run.ts'
import { runFiles } from './run-files.ts'
import type { RunRequest } from './run-request.ts'

export interface RunsOutcome {
  /** Undefined where they were stopped. */
  readonly summaries: readonly RunSummary[] | undefined
}

/** Runs one after the other, then one report of all in `folder`. A stopped run ends the row. */
export async function runAll(
  folder: string,
  requests: readonly (() => Promise<RunRequest | RunSummary>)[],
  watch: Watch,
): Promise<RunsOutcome> {
  const summaries: RunSummary[] = []
  for (const request of requests) {
    const next = await request()
    if ('final' in next) {
      summaries.push(next)
      continue
    }
    const { summary } = await runTraining(next, watch)
    if (!summary) return { summaries: undefined }
    summaries.push(summary)
  }
  await makeFolder(folder)
  await writeWhole(join(folder, runFiles.report), reportHtml(summaries))
  return { summaries }
}
