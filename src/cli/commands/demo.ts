import { join } from 'node:path'
import { z } from 'zod'
import { percentText } from '../../base/index.ts'
import { defaultBackend } from '../../hosts/node/index.ts'
import type { RunSummary } from '../../report/index.ts'
import {
  backendOptions,
  machineOptions,
  openImages,
  runAll,
  runFiles,
  runName,
  type TrainingOptions,
  trainSchema,
} from '../../runs/index.ts'
import { defineCommand } from '../command.ts'
import { stoppable } from '../interruption.ts'
import { createProgress, durationText, rateText } from '../progress.ts'
import { exitCodes } from '../surroundings.ts'
import { tableText } from '../table.ts'

const dataset = 'fashion-mnist'

/** The two neurons that the demo sets side by side. */
const neurons = ['lif', 'clif']

/** Trains a small network with LIF and with CLIF on the images that come along. */
export const demoCommand = defineCommand({
  name: 'demo',
  usage: '',
  summary: 'Trains a small network with LIF and with CLIF on the Fashion-MNIST images that come along',
  schema: z.object({
    epochs: trainSchema.shape.epochs.default(3).describe('passes over the training images'),
    seed: trainSchema.shape.seed,
    limit: trainSchema.shape.limit.default(8000).describe('training and test images, at most'),
    ...machineOptions,
    out: trainSchema.shape.out,
    name: trainSchema.shape.name,
  }),
  examples: ['demo'],
  async run({ options: given, surroundings }) {
    const started = surroundings.clock()
    const settings: TrainingOptions = trainSchema.parse({ ...given, T: 4, batch: 50, lr: 0.1, weightDecay: 5e-4 })
    const all = neurons.map((neuron) => ({ ...settings, model: 'demo', neuron }))
    const folder = join(given.out, given.name ?? runName(dataset, { ...all[0], neuron: neurons.join('-') }, started))
    const progress = createProgress(surroundings)
    const datasets = await openImages(dataset, settings, { progress, env: surroundings.env })
    for (const note of datasets.notes) progress.line(`${dataset}: ${note}`)
    const backend = await defaultBackend(backendOptions(settings))
    try {
      const requests = all.map((options) => async () => ({
        dataset,
        options,
        folder: join(folder, options.neuron),
        datasets,
        backend,
        resume: false,
        label: options.neuron.padEnd(4),
        repeat: 'npm run demo',
      }))
      const { summaries } = await stoppable(surroundings, progress, (stop) =>
        runAll(folder, requests, { surroundings, progress, stop }),
      )
      if (!summaries) {
        surroundings.writeError('stopped.\n')
        return exitCodes.interrupted
      }
      surroundings.write(demoText(summaries, folder, surroundings.clock() - started))
      return exitCodes.done
    } finally {
      await backend.close()
    }
  },
})

function demoText(summaries: readonly RunSummary[], folder: string, seconds: number): string {
  const layers = summaries[0].firingRates.map((_, k) => `layer ${k + 1}`)
  const rows = summaries.map(({ neuron, final, firingRates, epochs }) => [
    neuron,
    percentText(final.testAccuracy, 1),
    percentText(final.lastEpochTestAccuracy, 1),
    ...firingRates.map(({ rate }) => percentText(rate, 1)),
    rateText(epochs.reduce((sum, { imagesPerSecond }) => sum + imagesPerSecond, 0) / epochs.length),
  ])
  return [
    '',
    tableText(['neuron', 'test accuracy', 'last epoch', ...layers, 'images/s'], rows),
    '',
    `Test accuracy: ${summaries[0].final.rule}. Layers: share of neuron-steps with a spike.`,
    'One seed proves nothing: which neuron is ahead here may be chance. This tells more:',
    '  npx spikelet compare fashion-mnist --neurons lif,clif --seeds 4',
    '',
    `All took ${durationText(seconds)}. The report:`,
    join(folder, runFiles.report),
    '',
  ].join('\n')
}
