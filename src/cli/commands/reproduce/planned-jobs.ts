import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Experiment, Plan, PlannedRun, PlanRequest } from '../../../experiments/index.ts'
import type { TrainJob } from '../../../runs/index.ts'
import { chooseNeuron, exchangesOf, hashedOptions, recordedSchema, type TrainingOptions } from '../../../runs/index.ts'
import { folderFingerprint } from './data-folders.ts'

/** A run that experiments need; several may share it. */
export interface PlannedJob {
  readonly job: TrainJob
  /** Everything that decides what it gives, as a name. */
  readonly key: string
  /** Runs that cost the same have the same. */
  readonly kind: string
}

export interface PlannedExperiment {
  readonly experiment: Experiment
  readonly request: PlanRequest
  readonly plan: Plan
  /** Keys of each row's runs. */
  readonly keys: readonly (readonly string[])[]
}

export interface Place {
  /** Folder of everything. */
  readonly out: string
  readonly data: ReadonlyMap<string, string>
  /** Left out: as many as there are cores where a run happens. */
  readonly threads: number | undefined
  readonly cache: string | undefined
}

/** Updates after which a run that is killed begins again at the latest. */
const checkpointEvery = 100

/** The runs that experiments need, each once, and which belong to which row. */
export async function plannedJobs(
  planned: readonly { readonly experiment: Experiment; readonly request: PlanRequest }[],
  place: Place,
): Promise<{ experiments: PlannedExperiment[]; jobs: PlannedJob[] }> {
  const jobs = new Map<string, PlannedJob>()
  const experiments: PlannedExperiment[] = []
  const fingerprints = new Map<string, string>()
  for (const { experiment, request } of planned) {
    const plan = experiment.plan(request)
    const rows: PlannedJob[][] = []
    for (const { runs } of plan.rows) {
      const own: PlannedJob[] = []
      for (const run of runs) own.push(await jobOf(run, place, fingerprints))
      rows.push(own)
    }
    // The first seed of every row comes before the second of any: a whole table is there sooner.
    const bySeed = rows.flatMap((row) => row.map((job, k) => ({ job, k }))).sort((a, b) => a.k - b.k)
    for (const { job } of bySeed) {
      // The analysis of a trained network comes on top of its training, which others may need as well.
      if (!jobs.get(job.key)?.job.analysis) jobs.set(job.key, job)
    }
    experiments.push({ experiment, request, plan, keys: rows.map((row) => row.map(({ key }) => key)) })
  }
  return { experiments, jobs: [...jobs.values()] }
}

/** The folder of a run. */
export function runFolder(out: string, key: string): string {
  return join(out, 'runs', key)
}

async function jobOf(
  { dataset, settings, analysis }: PlannedRun,
  { out, data, threads, cache }: Place,
  fingerprints: Map<string, string>,
): Promise<PlannedJob> {
  const folder = data.get(dataset)
  if (!fingerprints.has(dataset)) fingerprints.set(dataset, await folderFingerprint(folder))
  const {
    name: _n,
    resume: _r,
    config: _c,
    ...options
  } = recordedSchema.parse({
    ...settings,
    validation: 0,
    ...(threads === undefined ? {} : { threads }),
    checkpointEvery,
    out: join(out, 'runs'),
    ...(folder === undefined ? {} : { data: folder }),
    ...(cache === undefined ? {} : { cache }),
  })
  const neuron = await chooseNeuron(options.neuron, options.neuronOptions)
  const neurons = [neuron, ...(await exchangesOf(options)).map((one) => one.neuron)].map(({ config }) => config)
  const hash = hashOf([dataset, fingerprints.get(dataset), hashedOptions(options), neurons])
  const key = `${dataset}-${options.model}-${neuron.name}-T${options.T}-seed${options.seed}-${hash}`
  return {
    key,
    kind: hashOf([dataset, costing(options), neuron.name, threads ?? 'all']),
    job: {
      type: 'train',
      label: key,
      folder: runFolder(out, key),
      dataset,
      options,
      ...(analysis ? { analysis } : {}),
    },
  }
}

/** Options without those that do not decide what an update costs. */
function costing(options: TrainingOptions) {
  const {
    seed: _s,
    lr: _lr,
    weightDecay: _w,
    epochs: _e,
    neuronOptions: _n,
    exchange: _x,
    ...rest
  } = hashedOptions(options)
  return rest
}

function hashOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
    .slice(0, 10)
}

/** With the keys of objects in order: the same options give the same text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, one]) => [name, sorted(one)]))
}
