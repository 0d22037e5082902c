import { z } from 'zod'
import { percentText } from '../../base/index.ts'
import { frameOptions, judgeCheckpoint, machineOptions, wholeNumber } from '../../runs/index.ts'
import type { Evaluation } from '../../train/index.ts'
import { defineCommand } from '../command.ts'
import { judging } from '../judging.ts'
import { exchangeForRun, resetPattern } from '../other-neuron.ts'
import { rateText } from '../progress.ts'
import { exitCodes } from '../surroundings.ts'
import { tableText } from '../table.ts'

/** Judges a trained network by test images. */
export const evaluateCommand = defineCommand({
  name: 'evaluate',
  usage: '<checkpoint> [dataset]',
  summary: 'Judges a trained network by the test images of a data set',
  schema: z.object({
    T: wholeNumber(1).optional().describe('time steps; as trained'),
    neuron: z.string().optional().describe('runs it with another neuron, or a JSON file with a definition'),
    neuronOptions: z.record(z.string(), z.unknown()).optional().describe('other options of the neuron'),
    reset: z
      .string()
      .regex(resetPattern, 'soft, late, hard, none, hard:VALUE, leak:VALUE or soft:VALUE')
      .optional()
      .describe('another reset: soft, late, hard, none, hard:-0.06, leak:-0.06'),
    json: z.boolean().default(false).describe('prints the result as JSON'),
    batch: wholeNumber(1).default(128).describe('images at once'),
    data: z.string().optional().describe("folder with the data set's files"),
    limit: wholeNumber(1).optional().describe('N test images only'),
    sensor: frameOptions.sensor,
    layout: frameOptions.layout,
    cache: frameOptions.cache,
    ...machineOptions,
  }),
  notes: [
    'CHECKPOINT is such as runs/NAME/checkpoints/best.safetensors; the data set is that of its training.',
    'Another neuron or reset counts for this run alone; weights, and parameters that both neurons have, stay. A value of',
    'a reset has three readings: hard goes there; leak goes there, leaks towards it and starts there; soft subtracts the',
    'threshold minus the value.',
  ],
  examples: [
    'evaluate runs/NAME/checkpoints/best.safetensors',
    'evaluate best.safetensors cifar10 --data ./cifar10',
    'evaluate best.safetensors --neuron lif --reset hard:-0.06',
  ],
  async run({ positional, options, surroundings }) {
    const [file, dataset] = positional as [string, string | undefined]
    const lines: string[] = []
    const { evaluation, datasets, net } = await judgeCheckpoint(
      {
        file,
        dataset,
        options,
        change: async (network) => {
          lines.push(...(await exchangeForRun(network, options)))
        },
      },
      judging(surroundings),
    )
    const { classes } = datasets.test
    if (options.json) {
      for (const line of lines) if (line !== '') surroundings.writeError(`${line}\n`)
      surroundings.write(`${JSON.stringify({ neuron: net.neuron?.config ?? null, ...evaluation, classes })}\n`)
    } else surroundings.write([...lines, evaluationText(evaluation, classes)].join('\n'))
    return exitCodes.done
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
