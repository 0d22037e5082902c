import type { StopSignal } from '../../train/index.ts'
import type { FromChild, Job, JobEnd } from './job.ts'

/** A process that does one job. */
export interface JobProcess {
  /** Asks it to save and stop. */
  stop(): void
  /** Ends it at once. */
  kill(): void
  /** How it ended; never fails. */
  readonly ended: Promise<FromChild>
}

export type StartProcess = (job: Job, tell: (message: FromChild) => void) => JobProcess

/** What whoever has jobs done hears and says. */
export interface JobOptions {
  /** Once aborted, no further job starts, and those under way are asked to stop; aborted at once, they are killed. */
  readonly stop: StopRequest
  readonly clock: () => number
  readonly onProgress?: (job: number, share: number) => void
  readonly onLine?: (job: number, text: string) => void
  readonly onEnd?: (job: number, end: JobEnd) => void | Promise<void>
}

/** A wish to stop that can be listened to. */
export interface StopRequest extends StopSignal {
  /** Calls back once at the first wish, and once more if there is a second. */
  listen(listener: (atOnce: boolean) => void): () => void
}

/**
 * A place where jobs run. One that fails does not stop the others.
 * @returns how each ended, in the order of the jobs; undefined for those of which nobody knows an end
 */
export type RunJobs = (jobs: readonly Job[], options: JobOptions) => Promise<(JobEnd | undefined)[]>

/** This machine: several jobs at once, each in a process of its own. */
export function inProcesses(processes: number, start: StartProcess): RunJobs {
  return (jobs, options) => runJobs(jobs, { ...options, processes, start })
}

interface PoolOptions extends JobOptions {
  /** How many at once. */
  readonly processes: number
  readonly start: StartProcess
}

async function runJobs(jobs: readonly Job[], options: PoolOptions): Promise<(JobEnd | undefined)[]> {
  const { processes, stop, onEnd } = options
  const ends: (JobEnd | undefined)[] = jobs.map(() => undefined)
  const running = new Set<JobProcess>()
  const ignore = stop.listen((atOnce) => {
    for (const one of running) atOnce ? one.kill() : one.stop()
  })
  const queue = [...jobs.keys()]
  const lane = async () => {
    while (!stop.aborted) {
      const next = queue.shift()
      if (next === undefined) return
      ends[next] = await runOne(jobs[next], next, running, options)
      await onEnd?.(next, ends[next] as JobEnd)
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(processes, jobs.length) }, lane))
    return ends
  } finally {
    ignore()
  }
}

async function runOne(job: Job, index: number, running: Set<JobProcess>, options: PoolOptions): Promise<JobEnd> {
  const { start, clock, onProgress, onLine } = options
  const since = clock()
  const child = start(job, (message) => {
    if (message.type === 'progress') onProgress?.(index, message.share)
    if (message.type === 'line') onLine?.(index, message.text)
  })
  running.add(child)
  const end = await child.ended
  running.delete(child)
  const seconds = clock() - since
  if (end.type === 'done') return { status: 'done', seconds, ...(end.probe ? { probe: end.probe } : {}) }
  if (end.type === 'stopped' || options.stop.aborted) return { status: 'stopped', seconds }
  return { status: 'failed', seconds, message: end.type === 'failed' ? end.message : 'its process ended unexpectedly' }
}
