import { readFile } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../../../base/index.ts'
import type { Experiment, PlanRequest } from '../../../experiments/index.ts'
import type { JobEnd, JobOptions, RunJobs } from '../../../runs/index.ts'
import { readSummary, runFiles } from '../../../runs/index.ts'
import { createProgress, durationText } from '../../progress.ts'
import { checkJobPlace, dryRunText, runJobsAt } from '../../run-jobs.ts'
import { stopRequest } from '../../stop-request.ts'
import { type ExitCode, exitCodes } from '../../surroundings.ts'
import { type Estimate, estimateOf, estimateText, keepProbe, probesOf } from './estimate.ts'
import type { ReproduceInvocation } from './options.ts'
import { type PlannedExperiment, type PlannedJob, plannedJobs } from './planned-jobs.ts'
import { ResultWriter } from './result-writer.ts'
import { wholeProgress } from './whole-progress.ts'
import { resultJson, resultText } from './write-result.ts'

/** Processes by default: more at once would each take memory for a whole run. */
const mostProcesses = 4

/** Plans, estimates, runs what is not finished, and writes results as experiments get complete. */
export async function reproduce(
  chosen: readonly Experiment[],
  request: PlanRequest,
  data: ReadonlyMap<string, string>,
  { options, given, surroundings }: ReproduceInvocation,
): Promise<ExitCode> {
  checkPlace(options, given)
  const onSlurm = options.on === 'slurm'
  const cores = availableParallelism()
  const processes = options.jobs ?? Math.min(cores, mostProcesses)
  // A task of Slurm takes the cores that it was given.
  const threads = options.threads ?? (onSlurm ? undefined : Math.max(1, Math.floor(cores / processes)))
  const place = { out: options.out, data, threads, cache: options.cache }
  const planned = await plannedJobs(
    chosen.map((experiment) => ({ experiment, request })),
    place,
  )
  const { clock } = surroundings
  const progress = createProgress(surroundings)
  const missing = missingOf(planned.experiments)
  for (const text of missing) progress.line(text)
  const left = await unfinished(planned.jobs, progress.line)
  if (options.dryRun) {
    surroundings.write(dryRunText(options, { folder: options.out, atOnce: options.jobs }, left.length))
    return exitCodes.done
  }
  const { stop, ignore } = stopRequest(surroundings, progress, onSlurm ? null : undefined)
  const here = { processes, atOnce: options.jobs, folder: options.out, log: progress.line }
  const runJobs = runJobsAt(options, here)
  try {
    const around = { runJobs, stop, clock }
    const counts = { runs: planned.jobs.length, done: planned.jobs.length - left.length }
    let estimate: Estimate | null = null
    if (onSlurm) progress.line(`${counts.runs} runs, ${counts.done} of them finished already; the others on Slurm`)
    else {
      const found = await estimateFor(left, request, options.out, { ...around, processes }, progress)
      if (!found) return exitCodes.interrupted
      const memory = totalmem()
      const about = { ...counts, processes, threads: threads ?? cores, memory, missing: missing.length > 0 }
      const told = estimateText(found, about)
      if (options.estimate) {
        surroundings.write(options.json ? `${JSON.stringify(estimateJson(found, counts))}\n` : `${told}\n`)
        return exitCodes.done
      }
      progress.line(told)
      estimate = found
    }
    const finished = planned.jobs.filter((job) => !left.includes(job)).map(({ key }) => key)
    const writer = new ResultWriter(planned.experiments, finished, {
      out: options.out,
      command: (one) => commandText(one, options),
      onResult(result) {
        progress.clear()
        if (!options.json) surroundings.write(`${resultText(result)}\n`)
      },
    })
    await writer.writeComplete()
    const ends = await runLeft(left, { ...around, estimate, writer, progress })
    progress.clear()
    if (stop.aborted) {
      if (!onSlurm) surroundings.writeError('stopped, and saved. The same command goes on.\n')
      return exitCodes.interrupted
    }
    const stopped = ends.filter((end) => end?.status === 'stopped').length
    if (stopped > 0) {
      surroundings.writeError(
        `${stopped} of ${left.length} tasks ran out of time, and saved. The same command goes on.\n`,
      )
      return exitCodes.interrupted
    }
    if (options.json) surroundings.write(`${JSON.stringify({ experiments: writer.results.map(resultJson) })}\n`)
    return writer.failures.size > 0 ? exitCodes.failed : exitCodes.done
  } finally {
    ignore()
    progress.clear()
  }
}

/** @throws UsageError for options that do not go together */
function checkPlace(options: ReproduceInvocation['options'], given: ReproduceInvocation['given']): void {
  checkJobPlace(options, given)
  if (options.on === 'here' || !options.estimate) return
  throw new UsageError({
    what: 'an estimate is made by trying on this machine, and the runs are to go to Slurm',
    got: '--estimate with --on slurm',
    next: 'Leave --on slurm out for an estimate; --dry-run shows what Slurm would get.',
  })
}

/** Runs what is not finished; results are written as experiments get complete. */
async function runLeft(
  left: readonly PlannedJob[],
  {
    runJobs,
    stop,
    clock,
    estimate,
    writer,
    progress,
  }: Around & {
    readonly estimate: Estimate | null
    readonly writer: ResultWriter
    readonly progress: ReturnType<typeof createProgress>
  },
): Promise<readonly (JobEnd | undefined)[]> {
  const whole = wholeProgress(left, estimate, progress, clock)
  const jobs = left.map(({ job }) => job)
  return runJobs(jobs, {
    stop,
    clock,
    onProgress: (i, share) => whole.update(i, share),
    async onEnd(i, end) {
      const { key } = left[i]
      whole.end(i)
      tellEnd(key, end, progress)
      if (end.status === 'done') await writer.end(key)
      if (end.status === 'failed') await writer.end(key, end.message)
    },
  })
}

/** Jobs without a verdict yet. */
async function unfinished(jobs: readonly PlannedJob[], warn: (line: string) => void): Promise<PlannedJob[]> {
  const finished = await Promise.all(
    jobs.map(async ({ job }) => {
      if (!(await readSummary(job.folder, warn))) return false
      return !job.analysis || isWhole(join(job.folder, runFiles.asLif))
    }),
  )
  return jobs.filter((_, i) => !finished[i])
}

async function isWhole(file: string): Promise<boolean> {
  try {
    JSON.parse(await readFile(file, 'utf8'))
    return true
  } catch {
    return false
  }
}

interface Around extends Pick<JobOptions, 'stop' | 'clock'> {
  readonly runJobs: RunJobs
}

/** Probes what nobody knows the cost of. Undefined if it was stopped. */
async function estimateFor(
  jobs: readonly PlannedJob[],
  { scale }: PlanRequest,
  out: string,
  { runJobs, processes, ...around }: Around & { readonly processes: number },
  progress: ReturnType<typeof createProgress>,
): Promise<Estimate | undefined> {
  const { kinds, probes, known } = await probesOf(jobs, scale, out)
  let done = 0
  const ends = await runJobs(probes, {
    ...around,
    async onEnd(i, end) {
      progress.update({ label: 'probing kinds of runs', done: ++done, total: probes.length })
      if (end.status === 'done' && end.probe) await keepProbe(out, kinds[i], end.probe)
    },
  })
  progress.clear()
  if (around.stop.aborted) return undefined
  const estimate = estimateOf(
    jobs,
    known,
    kinds.map((kind, i) => ({ kind, end: ends[i] })),
    processes,
  )
  for (const note of estimate.notes) progress.line(note)
  for (const message of new Set(estimate.failed)) progress.line(`a probe failed, its runs will too: ${message}`)
  return estimate
}

function estimateJson({ seconds, bytes }: Estimate, counts: { runs: number; done: number }) {
  return { ...counts, hours: seconds / 3600, bytes }
}

function missingOf(planned: readonly PlannedExperiment[]): string[] {
  const all = planned.flatMap(({ experiment, plan }) =>
    plan.rows.flatMap(({ missing }) => (missing === undefined ? [] : [`${experiment.name}: ${missing}`])),
  )
  const counts = new Map<string, number>()
  for (const text of all) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].map(([text, count]) => `${text} (${count} ${count === 1 ? 'row' : 'rows'})`)
}

function tellEnd(key: string, end: JobEnd, progress: ReturnType<typeof createProgress>): void {
  if (end.status === 'done') progress.line(`finished ${key} in ${durationText(end.seconds)}`)
  if (end.status === 'failed') progress.line(`failed ${key}: ${end.message}`)
}

/** The command that repeats an experiment. */
function commandText({ experiment }: PlannedExperiment, options: ReproduceInvocation['options']): string {
  const { scale, neuron, data, out } = options
  const list = (flag: string, values: readonly string[], usual: string) =>
    values.join(',') === usual ? [] : [flag, values.join(',')]
  const words = [
    ...(experiment.computed ? [] : ['--scale', scale]),
    ...list('--neuron', neuron, ''),
    ...(experiment.computed ? [] : list('--data', data, 'data')),
    ...list('--out', [out], 'reproduced'),
  ]
  return ['npx spikelet reproduce', experiment.name, ...words].join(' ')
}
