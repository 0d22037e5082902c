import { basename, join, resolve } from 'node:path'
import { SpikeletError, UsageError } from '../base/index.ts'
import type { RunSummary } from '../report/index.ts'
import type { RunJobs, SlurmPlace, TrainJob } from '../runs/index.ts'
import { inProcesses, onSlurm, readSummary, sbatchWords, slurmScript, startProcess } from '../runs/index.ts'
import { createProgress, durationText } from './progress.ts'
import { stopRequest } from './stop-request.ts'
import type { Surroundings } from './surroundings.ts'

/** How a command says where its runs run. */
export interface JobPlace {
  readonly on: 'here' | 'slurm'
  /** Words for sbatch. */
  readonly slurm: string
  readonly dryRun: boolean
}

/** What a command knows of that place. */
interface Here {
  /** How many processes of this machine. */
  readonly processes: number
  /** How many tasks of Slurm at once; left out, as many as it has room for. */
  readonly atOnce?: number | undefined
  /** Folder of the runs. */
  readonly folder: string
  readonly log: (line: string) => void
}

/** What the script of an array job says itself. */
const taken = ['array', 'a', 'chdir', 'D', 'output', 'o', 'error', 'e', 'open-mode', 'wrap', 'requeue', 'no-requeue']

/** @throws UsageError for options that do not go together, or words that the script has itself */
export function checkJobPlace({ on, slurm }: JobPlace, given: ReadonlySet<string>): void {
  const without = ['slurm', 'dryRun'].filter((name) => given.has(name))
  if (on === 'here' && without.length > 0) {
    throw new UsageError({
      what: 'words for Slurm, and runs that stay on this machine',
      got: without.map((name) => (name === 'slurm' ? '--slurm' : '--dry-run')).join(', '),
      next: 'Add --on slurm.',
    })
  }
  for (const word of sbatchWords(slurm)) {
    const name = /^--?([\w-]+)/.exec(word)?.[1]
    if (name !== undefined && !taken.includes(name)) continue
    throw new UsageError({
      what:
        name === undefined
          ? 'a word that is no option of sbatch'
          : 'an option of sbatch that the array job sets itself',
      place: '--slurm',
      expected: 'options such as --partition=long --time=4:00:00, each as one word',
      got: word,
    })
  }
}

/** That place: so many processes of this machine, or Slurm, whose files lie in a folder. */
export function runJobsAt(place: JobPlace, { processes, ...here }: Here): RunJobs {
  return place.on === 'here' ? inProcesses(processes, startProcess) : onSlurm(slurmPlace(place, here))
}

/** The script that Slurm would get, and what is asked of the user. */
export function dryRunText(place: JobPlace, here: Pick<Here, 'folder' | 'atOnce'>, tasks: number): string {
  if (tasks === 0) return '# nothing is left to do\n'
  return slurmScript(slurmPlace(place, { ...here, log: () => {} }), tasks)
}

function slurmPlace({ slurm }: JobPlace, { folder, atOnce, log }: Omit<Here, 'processes'>): SlurmPlace {
  const name = `spikelet-${basename(resolve(folder))}`.replaceAll(/[^\w.-]/g, '-')
  return { folder: join(folder, 'slurm'), name, words: sbatchWords(slurm), atOnce, log }
}

/**
 * Runs several at once, each in a process of its own or as a task of Slurm, with one bar for all.
 * @returns their verdicts; undefined if they were stopped
 * @throws SpikeletError naming the runs that failed, once all others are done
 */
export async function runApart(
  jobs: readonly TrainJob[],
  place: JobPlace & Omit<Here, 'log'>,
  surroundings: Surroundings,
): Promise<RunSummary[] | undefined> {
  const progress = createProgress(surroundings)
  const { stop, ignore } = stopRequest(surroundings, progress, place.on === 'slurm' ? null : undefined)
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
        next: 'The others are finished and kept; the same command with the --name of this one goes on.',
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
