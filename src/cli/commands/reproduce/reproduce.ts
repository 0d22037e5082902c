import { readFile } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Experiment, PlanRequest } from '../../../experiments/index.ts'
import type { JobEnd } from '../../../runs/index.ts'
import { readSummary, runFiles, runJobs, startProcess } from '../../../runs/index.ts'
import { createProgress, durationText } from '../../progress.ts'
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
  { options, surroundings }: ReproduceInvocation,
): Promise<ExitCode> {
  const cores = availableParallelism()
  const processes = options.jobs ?? Math.min(cores, mostProcesses)
  const threads = options.threads ?? Math.max(1, Math.floor(cores / processes))
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
  const { stop, ignore } = stopRequest(surroundings, progress)
  try {
    const around = { processes, start: startProcess, stop, clock }
    const estimate = await estimateFor(left, request, options.out, around, progress)
    if (!estimate) return exitCodes.interrupted
    const counts = { runs: planned.jobs.length, done: planned.jobs.length - left.length }
    const told = estimateText(estimate, {
      ...counts,
      processes,
      threads,
      memory: totalmem(),
      missing: missing.length > 0,
    })
    if (options.estimate) {
      surroundings.write(options.json ? `${JSON.stringify(estimateJson(estimate, counts))}\n` : `${told}\n`)
      return exitCodes.done
    }
    progress.line(told)
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
    const whole = wholeProgress(left, estimate, progress, clock)
    await runJobs(
      left.map(({ job }) => job),
      {
        ...around,
        onProgress: (i, share) => whole.update(i, share),
        async onEnd(i, end) {
          const { key } = left[i]
          whole.end(i)
          tellEnd(key, end, progress)
          if (end.status === 'done') await writer.end(key)
          if (end.status === 'failed') await writer.end(key, end.message)
        },
      },
    )
    progress.clear()
    if (stop.aborted) {
      surroundings.writeError('stopped, and saved. The same command goes on.\n')
      return exitCodes.interrupted
    }
    if (options.json) surroundings.write(`${JSON.stringify({ experiments: writer.results.map(resultJson) })}\n`)
    return writer.failures.size > 0 ? exitCodes.failed : exitCodes.done
  } finally {
    ignore()
    progress.clear()
  }
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

type Around = Pick<Parameters<typeof runJobs>[1], 'processes' | 'start' | 'stop' | 'clock'>

/** Probes what nobody knows the cost of. Undefined if it was stopped. */
async function estimateFor(
  jobs: readonly PlannedJob[],
  { scale }: PlanRequest,
  out: string,
  around: Around,
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
    around.processes,
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
