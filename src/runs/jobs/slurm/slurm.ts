import { execFile } from 'node:child_process'
import { ResourceError } from '../../../base/index.ts'

/** What is asked of Slurm. A controller that does not answer is not the end of a job. */
export interface Slurm {
  /** Submits a script. @returns the job's number @throws ResourceError with what sbatch says */
  submit(file: string): Promise<string>
  /**
   * The tasks of an array job that wait or run, with their states as squeue writes them (`PENDING`, `RUNNING`...); null while
   * the controller does not answer.
   */
  tasksOf(job: string): Promise<ReadonlyMap<number, string> | null>
  /** How a task ended, as the accounting tells (`COMPLETED`, `OUT_OF_MEMORY`...); null where there is none. */
  endOf(job: string, task: number): Promise<string | null>
}

interface Answer {
  readonly code: number | string | null
  readonly output: string
  readonly errors: string
}

/** Runs one of Slurm's programs. */
function ask(program: string, words: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(program, words, { timeout: 60_000 }, (error, output, errors) => {
      resolve({ code: error ? (error.code ?? 'killed') : 0, output, errors: errors.trim() || (error?.message ?? '') })
    })
  })
}

/** The Slurm whose programs are on this machine. */
export const systemSlurm: Slurm = {
  async submit(file) {
    const { code, output, errors } = await ask('sbatch', ['--parsable', file])
    const job = /^(\d+)/.exec(output.trim())?.[1]
    if (code === 0 && job !== undefined) return job
    throw new ResourceError({
      what: code === 'ENOENT' ? 'there is no Slurm on this machine' : 'Slurm did not take the job',
      place: file,
      got: code === 'ENOENT' ? 'no program sbatch' : errors || output.trim(),
      next:
        code === 'ENOENT'
          ? 'Give the command on a machine from which jobs are submitted, or leave --on slurm out.'
          : 'What sbatch wants can be given with --slurm, such as --slurm "--partition=long --account=lab".',
    })
  },
  async tasksOf(job) {
    const words = ['--noheader', '--array', '--states=all', '--jobs', job, '--format=%K %T']
    const { code, output, errors } = await ask('squeue', words)
    // A job that ended a while ago is forgotten.
    if (code !== 0) return /invalid job id/i.test(errors) ? new Map() : null
    const lines = output.split('\n').map((line) => line.trim().split(/\s+/))
    const tasks = lines.filter(([task, state]) => /^\d+$/.test(task) && state !== undefined && !hasEnded(state))
    return new Map(tasks.map(([task, state]) => [Number(task), state]))
  },
  async endOf(job, task) {
    const words = ['--noheader', '--parsable2', '--format=State', '--jobs', `${job}_${task}`]
    const { code, output } = await ask('sacct', words)
    return code === 0 ? output.split('\n')[0].trim() || null : null
  },
}

/** States of tasks that will do nothing more. */
const ends = /^(BOOT_FAIL|CANCELLED|COMPLETED|DEADLINE|FAILED|NODE_FAIL|OUT_OF_MEMORY|PREEMPTED|REVOKED|TIMEOUT)/

function hasEnded(state: string): boolean {
  return ends.test(state)
}
