import { join } from 'node:path'
import { z } from 'zod'
import { UsageError, writeWhole } from '../../base/index.ts'
import { reportHtml } from '../../report/index.ts'
import { findRuns, type KnownRun, readRun, runFiles } from '../../runs/index.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../surroundings.ts'

/** Writes a report of runs at any time. */
export const reportCommand = defineCommand({
  name: 'report',
  usage: '<run> [...runs]',
  summary: 'Writes one page about a run or several, finished or not',
  schema: z.object({
    out: z.string().optional().describe('the page to write; report.html in the folder of the run, or here for several'),
  }),
  notes: ['A folder of runs, such as that of a comparison, stands for all of them.'],
  examples: ['report runs/NAME', 'report runs/A runs/B --out both.html'],
  async run({ positional, options, surroundings }) {
    const named = positional.filter((one) => one !== undefined)
    const warn = (line: string) => surroundings.writeError(`${line}\n`)
    const runs: KnownRun[] = []
    for (const folder of named) {
      const found = await findRuns(folder)
      if (found.length === 0) throw new UsageError({ what: 'there is no run in this folder', place: folder })
      for (const run of found) runs.push(await readRun(run, warn))
    }
    for (const { folder } of runs.filter(({ finished }) => !finished)) warn(`${folder} is not finished`)
    const file = options.out ?? (named.length === 1 ? join(named[0], runFiles.report) : runFiles.report)
    await writeWhole(file, reportHtml(runs.map(({ summary }) => summary)))
    surroundings.write(`report of ${runs.length === 1 ? 'one run' : `${runs.length} runs`}\n${file}\n`)
    return exitCodes.done
  },
})
