import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sizeText, writeWhole } from '../../../base/index.ts'
import type { Scale } from '../../../experiments/index.ts'
import type { JobEnd, ProbeJob, ProbeResult } from '../../../runs/index.ts'
import { durationText } from '../../progress.ts'
import type { PlannedJob } from './planned-jobs.ts'

/** Updates of a probe, and most seconds in them, by scale. */
const updates = 20
const seconds: { readonly [scale in Scale]: number } = { smoke: 1.5, evening: 5, small: 10, full: 60 }

export interface Estimate {
  /** By the key of the job. */
  readonly secondsOf: ReadonlyMap<string, number>
  /** Of all jobs, several at once. */
  readonly seconds: number
  /** Of the processes that run at once. */
  readonly bytes: number
  /** Messages of probes that failed. */
  readonly failed: readonly string[]
  /** What a reader of the results must know of the data. */
  readonly notes: readonly string[]
}

/** Probes, a job for each kind among the jobs that nobody has probed with these threads before. */
export async function probesOf(
  jobs: readonly PlannedJob[],
  scale: Scale,
  out: string,
): Promise<{ kinds: string[]; probes: ProbeJob[]; known: Map<string, ProbeResult> }> {
  const known = new Map<string, ProbeResult>()
  const kinds: string[] = []
  const probes: ProbeJob[] = []
  for (const { kind, job } of jobs) {
    if (known.has(kind) || kinds.includes(kind)) continue
    const earlier = await readProbe(out, kind)
    if (earlier) known.set(kind, earlier)
    else {
      const { dataset, options, label } = job
      kinds.push(kind)
      probes.push({ type: 'probe', label, dataset, options, updates, seconds: seconds[scale] })
    }
  }
  return { kinds, probes, known }
}

/** Keeps what probes found, for the next time. */
export async function keepProbe(out: string, kind: string, result: ProbeResult): Promise<void> {
  await mkdir(join(out, 'probes'), { recursive: true })
  await writeWhole(probeFile(out, kind), `${JSON.stringify(result)}\n`)
}

function probeFile(out: string, kind: string): string {
  return join(out, 'probes', `${kind}.json`)
}

async function readProbe(out: string, kind: string): Promise<ProbeResult | undefined> {
  try {
    return JSON.parse(await readFile(probeFile(out, kind), 'utf8'))
  } catch {
    return undefined // none yet, or half of one: it is made again
  }
}

/** What the jobs will take together. */
export function estimateOf(
  jobs: readonly PlannedJob[],
  known: ReadonlyMap<string, ProbeResult>,
  ends: readonly { readonly kind: string; readonly end: JobEnd | undefined }[],
  processes: number,
): Estimate {
  const all = new Map(known)
  for (const { kind, end } of ends) if (end?.status === 'done' && end.probe) all.set(kind, end.probe)
  const secondsOf = new Map<string, number>()
  for (const { key, kind, job } of jobs) {
    const probe = all.get(kind)
    if (probe) secondsOf.set(key, jobSeconds(probe, job.options.epochs))
  }
  const total = [...secondsOf.values()].reduce((sum, one) => sum + one, 0)
  const longest = Math.max(0, ...secondsOf.values())
  const sizes = jobs.flatMap(({ kind }) => all.get(kind)?.bytes ?? []).sort((a, b) => b - a)
  return {
    secondsOf,
    seconds: Math.max(longest, total / processes),
    bytes: sizes.slice(0, processes).reduce((sum, one) => sum + one, 0),
    notes: [...new Set([...all.values()].flatMap(({ notes }) => notes))],
    failed: ends.flatMap(({ end }) => (end?.status === 'failed' ? [end.message] : [])),
  }
}

function jobSeconds(probe: ProbeResult, epochs: number): number {
  const { startSeconds, updateSeconds, updatesPerEpoch, evaluationSeconds } = probe
  return startSeconds + epochs * (updatesPerEpoch * updateSeconds + evaluationSeconds)
}

/** What people are told before anything starts. */
export function estimateText(
  estimate: Estimate,
  {
    runs,
    done,
    processes,
    threads,
    memory,
    missing,
  }: { runs: number; done: number; processes: number; threads: number; memory: number; missing: boolean },
): string {
  if (runs === 0)
    return missing ? 'no training run is possible: the data named above is missing' : 'no training runs are needed'
  const finished = done > 0 ? `, ${done} of them finished already` : ''
  const hours = estimate.seconds / 3600
  const inWords = `${Number(hours.toPrecision(2))} hours (${durationText(estimate.seconds)})`
  const where = `${processes} ${processes === 1 ? 'process' : 'processes'} of ${threads} ${threads === 1 ? 'thread' : 'threads'}`
  const much = estimate.bytes > memory ? `, more than this machine has (${sizeText(memory)}): fewer --jobs` : ''
  const left =
    runs === done
      ? 'nothing is left to do'
      : `about ${inWords} in ${where}, ${sizeText(estimate.bytes)} of memory${much}`
  return `${runs} runs${finished}; ${left}`
}
