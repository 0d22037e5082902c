import { SpikeletError } from '../base/index.ts'
import type { RunSummary } from '../report/index.ts'
import type { TrainJob } from '../runs/index.ts'
import { readSummary, runJobs, startProcess } from '../runs/index.ts'
import { createProgress, durationText } from './progress.ts'
import { stopRequest } from './stop-request.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * Runs several at once, each in a process of its own, with one bar for all.
 * @returns their verdicts; undefined if they were stopped
 * @throws SpikeletError naming the runs that failed, once all others are done
 */
export async function runInProcesses(
  jobs: readonly TrainJob[],
  processes: number,
  surroundings: Surroundings,
): Promise<RunSummary[] | undefined> {
  const progress = createProgress(surroundings)
  const { stop, ignore } = stopRequest(surroundings, progress)
  const shares = jobs.map(() => 0)
  const show = (job: number, share: number) => {
    shares[job] = share
    const done = shares.reduce((sum, one) => sum + one, 0)
    progress.update({
      label: `${shares.filter((one) => one === 1).length} of ${jobs.length} runs`,
      done,
      total: jobs.length,
    })
  }
  try {
    const ends = await runJobs(jobs, {
      processes,
      start: startProcess,
      stop,
      clock: surroundings.clock,
      onProgress: (job, share) => show(job, 0.999 * share),
      onEnd(job, { status, seconds }) {
        show(job, 1)
        progress.line(`${status} ${jobs[job].label} in ${durationText(seconds)}`)
      },
    })
    if (stop.aborted) return undefined
    const failed = ends.flatMap((end, i) => (end?.status === 'failed' ? [`${jobs[i].label}: ${end.message}`] : []))
    if (failed.length > 0) {
      throw new SpikeletError({
        what: `${failed.length} of ${jobs.length} runs failed`,
        got: failed.join('; '),
        next: 'the others are finished and kept; the same command with the --name of this one goes on',
      })
    }
    return await Promise.all(jobs.map(({ folder }) => verdictOf(folder)))
  } finally {
    ignore()
    progress.clear()
  }
}

/** Of a run that has just been finished. */
async function verdictOf(folder: string): Promise<RunSummary> {
  let why = 'there is none'
  const summary = await readSummary(folder, (line) => {
    why = line
  })
  if (summary) return summary
  throw new SpikeletError({ what: 'the verdict of a finished run is gone', place: folder, got: why })
}
