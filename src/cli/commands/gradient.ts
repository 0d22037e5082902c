import { z } from 'zod'
import { type GradientMap, gradientLeft, gradientMap } from '../../analysis/index.ts'
import { figuresText } from '../../base/index.ts'
import { defaultBackend, save, valueText } from '../../hosts/node/index.ts'
import { neurons } from '../../neurons/index.ts'
import { distances } from '../../report/index.ts'
import {
  checkpointTraining,
  chooseNeuron,
  frameChoiceOf,
  openImages,
  readNamed,
  sizesOf,
  testGradients,
} from '../../runs/index.ts'
import { loadCheckpoint } from '../../train/index.ts'
import { defineCommand, type Invocation } from '../command.ts'
import { createProgress } from '../progress.ts'
import { exitCodes, type Surroundings } from '../surroundings.ts'
import { tableText } from '../table.ts'

const count = () => z.number('a whole number').int('a whole number').min(1, '1 or more')

const schema = z.object({
  neurons: z.array(z.string()).min(1, 'one neuron or more').default(['lif', 'clif']).describe('neurons'),
  neuronOptions: z.record(z.string(), z.unknown()).optional().describe('for each of them'),
  input: z.string().default('poisson:0.3').describe('poisson:RATE[:CURRENT], constant:CURRENT, or numbers'),
  T: count().optional().describe('time steps; 32, or as the network was trained'),
  seed: count().default(1).describe('of the input'),
  samples: count().default(256).describe('neurons, each with an input of its own'),
  checkpoint: z.string().optional().describe('a trained network: a map for each of its layers instead'),
  kind: z
    .enum(['local', 'end-to-end'])
    .default('local')
    .describe("of layers: their own recursion, or each step's loss"),
  images: count().default(16).describe('test images that a network is looked at with'),
  data: z.string().optional().describe("folder with the data set's files"),
  json: z.boolean().default(false).describe('prints all numbers as JSON'),
  out: z.string().default('gradients.svg').describe('where the picture goes'),
})

/** Shows where gradients go through time. */
export const gradientCommand = defineCommand({
  name: 'gradient',
  usage: '',
  summary: 'Shows how much gradient comes back through time, and which way',
  schema,
  notes: [
    `Neurons: ${Object.keys(neurons).join(', ')};`,
    'or a JSON file with a definition of your own.',
    "Numbers are means of absolute values of d s[t'] / d x[t], in terms of those at t = t'.",
  ],
  examples: [
    'gradient --neurons lif,clif',
    'gradient --neurons clif,./mine.json --T 64 --input constant:0.6',
    'gradient --checkpoint runs/NAME/checkpoints/best.safetensors --kind end-to-end',
  ],
  async run(invocation) {
    const { options, surroundings } = invocation
    const map = options.checkpoint
      ? await ofNetwork(options.checkpoint, options, surroundings)
      : await ofNeurons(options)
    await save(map, options.out)
    surroundings.write(options.json ? `${valueText(map)}\n` : gradientText(map))
    if (!options.json) surroundings.write(`picture  ${options.out}\n`)
    return exitCodes.done
  },
})

type Options = Invocation<typeof schema>['options']

async function ofNeurons({ neurons: names, neuronOptions, input, T = 32, seed, samples }: Options) {
  const chosen = await Promise.all(names.map((name) => chooseNeuron(name, neuronOptions)))
  return gradientMap(chosen, { T, input, seed, neurons: samples })
}

/** Maps of a trained network's layers, for the first test images of the data set that it was trained on. */
async function ofNetwork(file: string, options: Options, surroundings: Surroundings): Promise<GradientMap> {
  const { net, training } = loadCheckpoint(await readNamed(file), { file })
  const known = checkpointTraining(training, file)
  const T = options.T ?? known.T
  const choice = { T, data: options.data, ...sizesOf(known), ...frameChoiceOf(known.frames) }
  const progress = createProgress(surroundings)
  const { test } = await openImages(known.dataset, choice, { progress, env: surroundings.env })
  const backend = await defaultBackend({ threads: 1 })
  try {
    await net.place(backend)
    const { seed, kind, images } = options
    return await testGradients(net, test, { T, seed, kind, images, transforms: known.transforms })
  } finally {
    await backend.close()
  }
}

/** What is left after some steps, and which way it came. */
export function gradientText(map: GradientMap): string {
  const seen = distances.filter((distance) => distance < map.T)
  const rows = map.maps.map((one) => [one.name, ...seen.map((distance) => figuresText(gradientLeft(one, distance), 3))])
  const left = tableText(['gradient left after', ...seen.map((d) => `${d} ${d === 1 ? 'step' : 'steps'}`)], rows)
  return `${map.about}\n\n${left}\n\n${waysText(map)}\n`
}

/** Sizes of the parts, summed over all steps. */
function waysText({ maps, unit, T }: GradientMap): string {
  const perStep = (size: readonly Float64Array[]) =>
    size.reduce((sum, row) => sum + row.reduce((all, value) => all + value, 0), 0) / T
  const rows = maps.flatMap((map) => [
    [map.name, 'all', perStep(map.total.size).toPrecision(3)],
    ['', 'spatial', perStep(map.spatial.size).toPrecision(3)],
    ...Object.entries(map.through).map(([state, matrix]) => [
      '',
      `carried by ${state}`,
      perStep(matrix.size).toPrecision(3),
    ]),
    ...(Object.keys(map.through).length > 1
      ? [
          ...Object.entries(map.alone).map(([state, { size }]) => [
            '',
            `in ${state} all the way`,
            perStep(size).toPrecision(3),
          ]),
          ['', 'changing states', perStep(map.changing.size).toPrecision(3)],
        ]
      : []),
    ...(map.mixing ? [['', 'mixed in time', perStep(map.mixing.size).toPrecision(3)]] : []),
  ])
  return `${tableText(['', 'way', `mean |${unit}|, summed over t'`], rows)}`
}
