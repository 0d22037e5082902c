import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { makeFolder, writeWhole } from '../../base/index.ts'
import { type Datasets, datasetNames } from '../../data/index.ts'
import { defaultBackend } from '../../hosts/node/index.ts'
import { models } from '../../models/index.ts'
import { type RunSummary, reportHtml } from '../../report/index.ts'
import type { TrainJob } from '../../runs/index.ts'
import {
  backendOptions,
  chooseNeuron,
  earlierRun,
  openImages,
  runAll,
  runFiles,
  sweepFiles,
  sweepSchema,
  type TrainingOptions,
} from '../../runs/index.ts'
import { csvText } from '../../train/index.ts'
import { defineCommand, type Invocation } from '../command.ts'
import { stoppable } from '../interruption.ts'
import { createProgress } from '../progress.ts'
import { checkJobPlace, dryRunText, runApart } from '../run-jobs.ts'
import { exitCodes } from '../surroundings.ts'
import { fittingTable, meanText } from '../table.ts'
import { askedText, type PlannedRun, type Point, placeOf, plannedRuns } from './sweep-plan.ts'

/** One line of the result. Accuracies are in 0..1, one a run. */
interface SweepRow extends Point {
  readonly testAccuracies: readonly number[]
  readonly lastEpochTestAccuracies: readonly number[]
}

/** Trains every combination of neurons, tau, T and truncation with several seeds. */
export const sweepCommand = defineCommand({
  name: 'sweep',
  usage: '<dataset>',
  summary: 'Trains every combination of neurons, tau, T and truncation, with several seeds',
  schema: sweepSchema,
  notes: [
    `Data sets: ${datasetNames.join(', ')}.`,
    `Networks: ${Object.keys(models).join(', ')}.`,
    'The same command with the --name of a sweep that was stopped goes on with it.',
  ],
  examples: [
    'sweep fashion-mnist --neurons lif,clif --T 2,4,8 --seeds 3',
    'sweep fashion-mnist --neurons clif --vary \'{"lr":[0.05,0.1],"batch":[32,64]}\'',
    'sweep fashion-mnist --neurons lif --tau 1.1,1.5,2 --bptt 1,2,4 --T 6',
  ],
  async run(invocation) {
    const { positional, surroundings, options: asked } = invocation
    const dataset = positional[0] as string
    checkJobPlace(asked, invocation.given)
    const { folder, runs } = plannedRuns(dataset, invocation)
    for (const { options } of runs) await chooseNeuron(options.neuron, options.neuronOptions)
    if (asked.dryRun) {
      surroundings.write(dryRunText(asked, { folder, atOnce: atOnceOf(invocation) }, runs.length))
      return exitCodes.done
    }
    await makeFolder(folder)
    await writeWhole(join(folder, sweepFiles.asked), askedText(dataset, invocation))
    const apart = asked.jobs > 1 || asked.on === 'slurm'
    const summaries = await (apart ? severalAtOnce : oneByOne)(dataset, { folder, runs }, invocation)
    if (!summaries) {
      const name = folder.replace(/^.*[\\/]/, '')
      const so = asked.on === 'slurm' ? '' : 'stopped, and saved. '
      surroundings.writeError(`${so}To go on, give the same command with --name ${name}\n`)
      return exitCodes.interrupted
    }
    const rows = rowsOf(runs, summaries)
    await writeWhole(join(folder, sweepFiles.table), csvText(rows.flatMap(csvRows)))
    const named = summaries.map((summary, i) => ({ ...summary, point: placeOf(runs[i].point) }))
    await writeWhole(join(folder, runFiles.report), reportHtml(named))
    surroundings.write(
      asked.json
        ? `${JSON.stringify({ folder, rule: summaries[0].final.rule, rows })}\n`
        : sweepText(rows, summaries, { folder, width: surroundings.terminal.columns() }),
    )
    return exitCodes.done
  },
})

type SweepInvocation = Invocation<typeof sweepSchema>

interface PlannedSweep {
  readonly folder: string
  readonly runs: readonly PlannedRun[]
}

/** In this process; undefined if it was stopped. */
async function oneByOne(
  dataset: string,
  { folder, runs }: PlannedSweep,
  { surroundings }: SweepInvocation,
): Promise<readonly RunSummary[] | undefined> {
  const progress = createProgress(surroundings)
  const around = { progress, env: surroundings.env }
  // Recordings become other frames for other T.
  const opened = new Map<number, Promise<Datasets>>()
  const datasetsFor = (options: TrainingOptions): Promise<Datasets> => {
    const known = opened.get(options.T) ?? openImages(dataset, options, around)
    opened.set(options.T, known)
    return known
  }
  for (const note of (await datasetsFor(runs[0].options)).notes) progress.line(`${dataset}: ${note}`)
  progress.line(`${runs.length} runs, in ${folder}`)
  const backend = await defaultBackend(backendOptions(runs[0].options))
  try {
    const requests = runs.map(({ name, options }) => async () => {
      const datasets = await datasetsFor(options)
      const request = { dataset, options, folder: join(folder, name), datasets, backend, label: name }
      return earlierRun({ ...request, resume: false }, progress.line)
    })
    const { summaries } = await stoppable(surroundings, progress, (stop) =>
      runAll(folder, requests, { surroundings, progress, stop }),
    )
    return summaries
  } finally {
    await backend.close()
  }
}

/** Each in a process of its own; undefined if it was stopped. @throws SpikeletError if one failed, once all others are done */
async function severalAtOnce(
  dataset: string,
  { folder, runs }: PlannedSweep,
  invocation: SweepInvocation,
): Promise<readonly RunSummary[] | undefined> {
  const { surroundings, options: place } = invocation
  const { jobs: processes, on } = place
  // A task of Slurm takes the cores that it was given.
  const shared = on === 'slurm' ? undefined : Math.max(1, Math.floor(availableParallelism() / processes))
  const jobs = runs.map(
    ({ name, options }): TrainJob => ({
      type: 'train',
      label: name,
      folder: join(folder, name),
      dataset,
      options: { ...options, threads: options.threads ?? shared },
    }),
  )
  const where = on === 'slurm' ? 'on Slurm' : `${processes} at once`
  surroundings.writeError(`${runs.length} runs, ${where}, in ${folder}\n`)
  return runApart(jobs, { ...place, processes, atOnce: atOnceOf(invocation), folder }, surroundings)
}

/** Tasks of Slurm at once, where the user said so. */
function atOnceOf({ options: { jobs }, given }: SweepInvocation): number | undefined {
  return given.has('jobs') ? jobs : undefined
}

function rowsOf(runs: readonly PlannedRun[], summaries: readonly RunSummary[]): SweepRow[] {
  const points = [...new Set(runs.map(({ point }) => point))]
  return points.map((point) => {
    const own = summaries.filter((_, i) => runs[i].point === point).map(({ final }) => final)
    return {
      ...point,
      testAccuracies: own.map(({ testAccuracy }) => testAccuracy),
      lastEpochTestAccuracies: own.map(({ lastEpochTestAccuracy }) => lastEpochTestAccuracy),
    }
  })
}

function csvRows({ testAccuracies, lastEpochTestAccuracies, neuron, tau, T, k, others }: SweepRow) {
  return testAccuracies.map((accuracy, run) => ({
    neuron,
    tau: tau ?? '',
    T,
    k: k ?? '',
    ...others,
    run: run + 1,
    'test accuracy': accuracy,
    'last epoch': lastEpochTestAccuracies[run],
  }))
}

function sweepText(
  rows: readonly SweepRow[],
  summaries: readonly RunSummary[],
  { folder, width }: { readonly folder: string; readonly width: number },
): string {
  const has = (name: 'tau' | 'k') => rows.some((row) => row[name] !== undefined)
  const columns = ['neuron', ...(has('tau') ? ['tau'] : []), 'T', ...(has('k') ? ['k'] : [])] as const
  const others = Object.keys(rows[0].others)
  const cells = rows.map((row) => [
    ...columns.map((name) => String(row[name as keyof Omit<Point, 'others'>] ?? '')),
    ...others.map((name) => String(row.others[name])),
    meanText(row.testAccuracies),
    meanText(row.lastEpochTestAccuracies),
    String(row.testAccuracies.length),
  ])
  const head = [...columns, ...others, 'test accuracy', 'last epoch', 'runs']
  const table = fittingTable(head, cells, { width, leastNeeded: ['runs', 'last epoch'] })
  const rule = `Test accuracy: ${summaries[0].final.rule}; mean and standard deviation over runs.`
  return `${table}\n\n${rule}\ntable   ${join(folder, sweepFiles.table)}\nreport  ${join(folder, runFiles.report)}\n`
}
