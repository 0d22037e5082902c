import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFolder, readIfPresent, writeWhole } from '../../../base/index.ts'
import type { FromChild, Job, JobEnd } from '../job.ts'
import type { JobOptions, RunJobs } from '../pool.ts'
import { arrayScript } from './script.ts'
import { type Slurm, systemSlurm } from './slurm.ts'
import { taskFiles } from './task-files.ts'

export interface SlurmPlace {
  /** Where the script, the list of jobs and what tasks tell are kept; compute nodes see it too. */
  readonly folder: string
  /** What people call the job. */
  readonly name: string
  /** Words for sbatch. */
  readonly words: readonly string[]
  /** Tasks at once; left out: as many as Slurm has room for. */
  readonly atOnce?: number | undefined
  /** Takes lines for people. */
  readonly log: (line: string) => void
  /** Default: the Slurm of this machine. */
  readonly slurm?: Slurm
  /** Seconds between two looks at the job. Default 2. */
  readonly lookEvery?: number
}

/** An array job that was submitted. */
interface Submission {
  readonly job: string
  /** What its tasks are called, in their order. */
  readonly labels: readonly string[]
}

/**
 * A cluster: jobs become the tasks of one array job, which is submitted and followed. Whoever is interrupted leaves it running,
 * and follows it again with the same jobs.
 */
export function onSlurm(place: SlurmPlace): RunJobs {
  return async (jobs, options) => {
    if (jobs.length === 0) return []
    const slurm = place.slurm ?? systemSlurm
    const submission = (await goingOn(place, jobs, slurm)) ?? (await submit(place, jobs, slurm))
    return new Follower(place, slurm, jobs, submission, options).follow()
  }
}

/** The script that would be submitted. */
export function slurmScript({ folder, name, words, atOnce }: SlurmPlace, tasks: number): string {
  // Plain JavaScript: from sources, the build must be there.
  const built = import.meta.url.endsWith('.ts') ? '../../../../dist/runs/jobs/slurm/task.js' : './task.js'
  return arrayScript({
    name,
    tasks,
    atOnce,
    folder: resolve(folder),
    workingFolder: process.cwd(),
    words,
    node: process.execPath,
    program: fileURLToPath(new URL(built, import.meta.url)),
  })
}

async function submit(place: SlurmPlace, jobs: readonly Job[], slurm: Slurm): Promise<Submission> {
  const { folder, log } = place
  await makeFolder(folder)
  for (const task of jobs.keys()) {
    const { progress, end } = taskFiles(folder, task)
    for (const file of [progress, end]) await rm(file, { force: true })
  }
  await writeWhole(join(folder, 'jobs.json'), `${JSON.stringify(jobs)}\n`)
  const script = join(folder, 'job.sh')
  await writeWhole(script, slurmScript(place, jobs.length))
  const submission = { job: await slurm.submit(script), labels: jobs.map(({ label }) => label) }
  await writeWhole(join(folder, 'submitted.json'), `${JSON.stringify(submission)}\n`)
  log(`submitted ${jobs.length} runs to Slurm as job ${submission.job}`)
  return submission
}

/** What was submitted before, where it still has tasks, and all of these jobs are among them. */
async function goingOn(
  { folder, log }: SlurmPlace,
  jobs: readonly Job[],
  slurm: Slurm,
): Promise<Submission | undefined> {
  const bytes = await readIfPresent(join(folder, 'submitted.json'))
  if (!bytes) return undefined
  const submission: Submission = JSON.parse(new TextDecoder().decode(bytes))
  if (!jobs.every(({ label }) => submission.labels.includes(label))) return undefined
  const tasks = await slurm.tasksOf(submission.job)
  if (tasks?.size === 0) return undefined
  log(`job ${submission.job} of Slurm is still at it: following it`)
  return submission
}

/** Seconds that the files of a task may take to be seen here after it ended. */
const patience = 30

/** Looks at an array job until all of the jobs that are asked for have ended. */
class Follower {
  private readonly ends: (JobEnd | undefined)[]
  private readonly goneSince = new Map<number, number>()
  private readonly started: number
  private silent = false
  private readonly place: SlurmPlace
  private readonly slurm: Slurm
  private readonly jobs: readonly Job[]
  private readonly submission: Submission
  private readonly options: JobOptions

  constructor(place: SlurmPlace, slurm: Slurm, jobs: readonly Job[], submission: Submission, options: JobOptions) {
    this.place = place
    this.slurm = slurm
    this.jobs = jobs
    this.submission = submission
    this.options = options
    this.ends = jobs.map(() => undefined)
    this.started = options.clock()
  }

  async follow(): Promise<(JobEnd | undefined)[]> {
    const { stop } = this.options
    const { job } = this.submission
    const ignore = stop.listen(() => {
      this.place.log(`job ${job} goes on. The same command follows it; this ends it: scancel ${job}`)
    })
    try {
      while (!stop.aborted && this.ends.includes(undefined)) {
        await this.look()
        if (this.ends.includes(undefined)) await this.pause()
      }
      return this.ends
    } finally {
      ignore()
    }
  }

  private async look(): Promise<void> {
    const { job, labels } = this.submission
    const tasks = await this.slurm.tasksOf(job)
    if (!tasks && !this.silent)
      this.place.log('the controller of Slurm does not answer; its tasks go on, and so does this')
    if (tasks && this.silent) this.place.log('the controller of Slurm answers again')
    this.silent = tasks === null
    for (const [i, { label }] of this.jobs.entries()) {
      if (this.ends[i]) continue
      const task = labels.indexOf(label)
      const end = await this.endOf(task, tasks)
      if (end) await this.finish(i, end)
      else await this.progress(i, task)
    }
  }

  /** How a task ended; undefined while it waits, runs, or may have. */
  private async endOf(task: number, tasks: ReadonlyMap<number, string> | null): Promise<FromChild | undefined> {
    const { folder } = this.place
    const files = taskFiles(folder, task)
    const told = await readIfPresent(files.end)
    if (told && !tasks?.has(task)) return JSON.parse(new TextDecoder().decode(told))
    if (tasks === null || tasks.has(task)) {
      this.goneSince.delete(task)
      return undefined
    }
    const now = this.options.clock()
    const since = this.goneSince.get(task) ?? now
    this.goneSince.set(task, since)
    if (now - since < patience) return undefined
    const state = await this.slurm.endOf(this.submission.job, task)
    const log = await lastLines(files.log)
    const how = state ? `Slurm says ${state}` : 'Slurm knows it no more'
    return {
      type: 'failed',
      message: `its task ended without a word: ${how}${log ? `; last in ${files.log}: ${log}` : ''}`,
    }
  }

  private async finish(i: number, end: FromChild): Promise<void> {
    const seconds = this.options.clock() - this.started
    const made: JobEnd =
      end.type === 'done'
        ? { status: 'done', seconds }
        : end.type === 'stopped'
          ? { status: 'stopped', seconds }
          : { status: 'failed', seconds, message: end.type === 'failed' ? end.message : 'its task said nothing' }
    this.ends[i] = made
    await this.options.onEnd?.(i, made)
  }

  private async progress(i: number, task: number): Promise<void> {
    const bytes = await readIfPresent(taskFiles(this.place.folder, task).progress)
    const share = bytes ? Number(new TextDecoder().decode(bytes)) : Number.NaN
    if (share >= 0 && share <= 1) this.options.onProgress?.(i, share)
  }

  /** Until the next look, or the wish to stop. */
  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, 1000 * (this.place.lookEvery ?? 2))
      const ignore = this.options.stop.listen(done)
      function done() {
        clearTimeout(timer)
        ignore()
        resolve()
      }
    })
  }
}

/** Letters of a log that are shown. */
const shown = 300

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trim().slice(-shown)
}
