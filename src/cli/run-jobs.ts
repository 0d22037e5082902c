import { basename, join } from 'node:path'
import { SpikeletError } from '../base/index.ts'
import type { RunSummary } from '../report/index.ts'
import type { TrainJob } from '../runs/index.ts'
import { inProcesses, onSlurm, type RunJobs, readSummary, sbatchWords, startProcess } from '../runs/index.ts'
import { createProgress, durationText } from './progress.ts'
import { stopRequest } from './stop-request.ts'
import type { Surroundings } from './surroundings.ts'

/** How a command says where its runs run. */
export interface JobPlace {
  readonly on: 'here' | 'slurm'
  /** Words for sbatch. */
  readonly slurm: string
}

/** That place: so many processes of this machine, or Slurm, whose files lie in a folder. */
export function runJobsAt(
  { on, slurm }: JobPlace,
  here: { readonly processes: number; readonly folder: string; readonly log: (line: string) => void },
): RunJobs {
  if (on === 'here') return inProcesses(here.processes, startProcess)
  const folder = join(here.folder, 'slurm')
  return onSlurm({ folder, name: slurmName(here.folder), words: sbatchWords(slurm), log: here.log })
}

/** What Slurm calls the jobs of a folder. */
export function slurmName(folder: string): string {
  return `spikelet-${basename(folder)}`.replaceAll(/[^\w.-]/g, '-')
}

/**
 * Runs several at once, each in a process of its own, with one bar for all.
 * @returns their verdicts; undefined if they were stopped
 * @throws SpikeletError naming the runs that failed, once all others are done
 */
export async function runInProcesses(
  jobs: readonly TrainJob[],
  place: JobPlace & { readonly processes: number; readonly folder: string },
  surroundings: Surroundings,
): Promise<RunSummary[] | undefined> {
  const progress = createProgress(surroundings)
  const { stop, ignore } = stopRequest(surroundings, progress, ...(place.on === 'slurm' ? [null] : []))
  const runJobs = runJobsAt(place, { ...place, log: progress.line })
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
      stop,
      clock: surroundings.clock,
      onProgress: (job, share) => show(job, 0.999 * share),
      onEnd(job, { status, seconds }) {
        show(job, 1)
        progress.line(`${status} ${jobs[job].label} in ${durationText(seconds)}`)
      },
    })
    if (stop.aborted || ends.some((end) => end?.status === 'stopped')) return undefined
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
