import { join } from 'node:path'
import { percentText } from '../../base/index.ts'
import { datasetNames } from '../../data/index.ts'
import { protocolText, withProtocol } from '../../experiments/index.ts'
import { defaultBackend } from '../../hosts/node/index.ts'
import { models } from '../../models/index.ts'
import type { RunSummary } from '../../report/index.ts'
import {
  backendOptions,
  chooseNeuron,
  compareSchema,
  earlierRun,
  openImages,
  runAll,
  runFiles,
  runName,
  type TrainingOptions,
} from '../../runs/index.ts'
import { defineCommand, type Invocation } from '../command.ts'
import { stoppable } from '../interruption.ts'
import { createProgress, rateText } from '../progress.ts'
import { exitCodes } from '../surroundings.ts'
import { fittingTable, meanText } from '../table.ts'

/** Trains several neurons with several seeds each, and shows mean and spread. */
export const compareCommand = defineCommand({
  name: 'compare',
  usage: '<dataset>',
  summary: 'Trains several neurons with several seeds, and compares them',
  schema: compareSchema,
  notes: [
    `Data sets: ${datasetNames.join(', ')}.`,
    `Networks: ${Object.keys(models).join(', ')}.`,
    'The same command with the --name of a comparison that was stopped goes on with it.',
  ],
  examples: ['compare fashion-mnist --neurons lif,plif,clif --seeds 4'],
  async run(invocation) {
    const { positional, surroundings } = invocation
    const dataset = positional[0] as string
    const { folder, runs } = plannedRuns(dataset, invocation)
    for (const { options } of runs) await chooseNeuron(options.neuron)
    const [{ options: shared }] = runs
    const progress = createProgress(surroundings)
    const datasets = await openImages(dataset, shared, { progress, env: surroundings.env })
    for (const note of datasets.notes) progress.line(`${dataset}: ${note}`)
    const backend = await defaultBackend(backendOptions(shared))
    try {
      const requests = runs.map(({ name, label, options }) => async () => {
        const request = { dataset, options, folder: join(folder, name), datasets, backend, label }
        return earlierRun({ ...request, resume: false }, progress.line)
      })
      const { summaries } = await stoppable(surroundings, progress, (stop) =>
        runAll(folder, requests, { surroundings, progress, stop }),
      )
      if (!summaries) {
        surroundings.writeError(`stopped, and saved. To go on, give the same command with --name ${nameOf(folder)}\n`)
        return exitCodes.interrupted
      }
      surroundings.write(comparisonText(summaries, folder, surroundings.terminal.columns()))
      return exitCodes.done
    } finally {
      await backend.close()
    }
  },
})

function nameOf(folder: string): string {
  return folder.replace(/^.*[\\/]/, '')
}

function plannedRuns(dataset: string, { options: all, given, surroundings }: Invocation<typeof compareSchema>) {
  const { neurons, seeds, name, config: _, ...rest } = all
  const effective = withProtocol(rest, given, dataset)
  const protocol = protocolText(rest, given, dataset)
  if (protocol !== '') surroundings.writeError(`${protocol}\n`)
  const first: TrainingOptions = { ...effective, neuron: neurons.join('-'), neuronOptions: undefined }
  const folder = join(rest.out, name ?? `compare-${runName(dataset, first, surroundings.clock())}`)
  const runs = neurons.flatMap((neuron) =>
    Array.from({ length: seeds }, (_unused, k) => {
      const seed = effective.seed + k
      const short = neuron.replace(/^.*[\\/]|\.json$/g, '')
      const options: TrainingOptions = { ...first, neuron, seed }
      return { name: `${short}-seed${seed}`, label: seeds > 1 ? `${short} seed ${seed}` : short, options }
    }),
  )
  return { folder, runs }
}

function comparisonText(summaries: readonly RunSummary[], folder: string, width: number): string {
  const neurons = [...new Set(summaries.map(({ neuron }) => neuron))]
  const rows = neurons.map((neuron) => {
    const own = summaries.filter((summary) => summary.neuron === neuron)
    const rates = own.flatMap(({ firingRates }) => firingRates.map(({ rate }) => rate))
    const speeds = own.flatMap(({ epochs }) => epochs.map(({ imagesPerSecond }) => imagesPerSecond))
    return [
      neuron,
      meanText(own.map(({ final }) => final.testAccuracy)),
      meanText(own.map(({ final }) => final.lastEpochTestAccuracy)),
      percentText(mean(rates), 1),
      rateText(mean(speeds)),
      String(own.length),
    ]
  })
  const head = ['neuron', 'test accuracy', 'last epoch', 'firing rate', 'images/s', 'runs']
  const rule = `Test accuracy: ${summaries[0].final.rule}; mean and standard deviation over runs.`
  const table = fittingTable(head, rows, { width, leastNeeded: ['images/s', 'last epoch', 'runs'] })
  return `${table}\n\n${rule}\nreport  ${join(folder, runFiles.report)}\n`
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
