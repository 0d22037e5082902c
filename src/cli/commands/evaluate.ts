import { z } from 'zod'
import { makeTransform } from '../../data/index.ts'
import { defaultBackend } from '../../node-backend.ts'
import { type Evaluation, evaluate, loadCheckpoint } from '../../train/index.ts'
import { defineCommand } from '../command.ts'
import { createProgress, rateText } from '../progress.ts'
import { readNamed } from '../read-named.ts'
import { exitCodes } from '../surroundings.ts'
import { percentText, tableText } from '../table.ts'
import { backendOptions } from '../training/backend-options.ts'
import { checkpointTraining } from '../training/checkpoint-training.ts'
import { frameChoiceOf } from '../training/frames.ts'
import { openImages } from '../training/images.ts'
import { lossOf } from '../training/learning.ts'
import { frameOptions, machineOptions } from '../training/options.ts'
import { pause } from '../training/run-training.ts'

/** Judges a trained network by test images. */
export const evaluateCommand = defineCommand({
  name: 'evaluate',
  usage: '<checkpoint> [dataset]',
  summary: 'Judges a trained network by the test images of a data set',
  schema: z.object({
    T: z
      .number('a whole number')
      .int('a whole number')
      .min(1, '1 or more')
      .optional()
      .describe('time steps; as trained'),
    batch: z.number('a whole number').int('a whole number').min(1, '1 or more').default(128).describe('images at once'),
    data: z.string().optional().describe("folder with the data set's files"),
    limit: z
      .number('a whole number')
      .int('a whole number')
      .min(1, '1 or more')
      .optional()
      .describe('first N images only'),
    sensor: frameOptions.sensor,
    layout: frameOptions.layout,
    cache: frameOptions.cache,
    ...machineOptions,
  }),
  notes: ['CHECKPOINT is such as runs/NAME/checkpoints/best.safetensors; the data set is that of its training.'],
  examples: ['evaluate runs/NAME/checkpoints/best.safetensors', 'evaluate best.safetensors cifar10 --data ./cifar10'],
  async run({ positional, options, surroundings }) {
    const [file, named] = positional as [string, string | undefined]
    const { net, training } = loadCheckpoint(await readNamed(file), { file })
    const known = checkpointTraining(training, file)
    const progress = createProgress(surroundings)
    const choice = { ...options, ...frameChoiceOf(known.frames), T: options.T ?? known.T }
    const datasets = await openImages(named ?? known.dataset, choice, { progress, env: surroundings.env })
    const backend = await defaultBackend(backendOptions(options))
    try {
      const evaluation = await evaluate(net, datasets.test, {
        backend,
        host: { clock: surroundings.clock, pause },
        T: options.T ?? known.T,
        batch: options.batch,
        loss: lossOf({ loss: known.loss, labelSmoothing: 0 }),
        transforms: known.transforms.map(makeTransform),
        loaderThreads: options.loaderThreads,
      })
      for (const note of datasets.notes) surroundings.writeError(`${datasets.name}: ${note}\n`)
      surroundings.write(evaluationText(evaluation, datasets.test.classes))
      return exitCodes.done
    } finally {
      await backend.close()
    }
  },
})

function evaluationText(evaluation: Evaluation, classes: readonly string[]): string {
  const { accuracy, loss, confusion, firingRates, images, imagesPerSecond } = evaluation
  const perClass = classes.map((name, k) => {
    const total = confusion[k].reduce((sum, count) => sum + count, 0)
    return [name, percentText(total === 0 ? undefined : confusion[k][k] / total, 1), String(total)]
  })
  const rates = firingRates.map(({ layer, rate }) => [layer, percentText(rate)])
  return [
    `accuracy  ${percentText(accuracy)} of ${images} images`,
    `loss      ${loss.toFixed(4)}`,
    `speed     ${rateText(imagesPerSecond)} images/s`,
    '',
    tableText(['class', 'accuracy', 'images'], perClass),
    '',
    tableText(['layer', 'firing rate'], rates),
    '',
  ].join('\n')
}
