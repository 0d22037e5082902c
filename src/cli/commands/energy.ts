import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Energy, energy, type FiringRates, type LayerEnergy, memoryTotal } from '../../analysis/index.ts'
import { percentText, UsageError } from '../../base/index.ts'
import { save } from '../../hosts/node/index.ts'
import { modelNamed, models } from '../../models/index.ts'
import type { Network } from '../../nn/index.ts'
import { energyPartNames, energyText } from '../../report/index.ts'
import {
  checkpointTraining,
  chooseNeuron,
  frameOptions,
  judgeCheckpoint,
  machineOptions,
  readNamed,
  runFiles,
  wholeNumber,
} from '../../runs/index.ts'
import { loadCheckpoint } from '../../train/index.ts'
import { defineCommand, type Invocation } from '../command.ts'
import { judging } from '../judging.ts'
import { readRates } from '../rates-file.ts'
import { exitCodes, type Surroundings } from '../surroundings.ts'
import { fittingTable } from '../table.ts'
import { wrapWords } from '../wrap.ts'

const schema = z.object({
  accounting: z
    .enum(['corrected', 'clif-2024'])
    .default('corrected')
    .meta({ description: 'clif-2024: as the tables of Huang et al. 2024 were made', renamed: { paper: 'clif-2024' } }),
  rates: z.string().optional().describe('firing rates: a JSON or CSV file, or published:cifar10; measured'),
  T: wholeNumber(1).optional().describe('time steps; as trained, or 4'),
  model: z.string().optional().describe('an untrained network instead'),
  neuron: z.string().default('clif').describe('its neuron, or a JSON file with a definition'),
  neuronOptions: z.record(z.string(), z.unknown()).optional().describe('such as \'{"tau":1.5}\''),
  input: z
    .string()
    .regex(/^[1-9]\d{0,3}x[1-9]\d{0,3}x[1-9]\d{0,3}$/, 'HEIGHTxWIDTHxCHANNELS, such as 32x32x3')
    .default('32x32x3')
    .describe('its input, HEIGHTxWIDTHxCHANNELS'),
  classes: wholeNumber(1).default(10).describe('its classes'),
  events: z.boolean().default(false).describe('its input differs from step to step'),
  json: z.boolean().default(false).describe('prints all numbers as JSON'),
  out: z.string().default('energy.svg').describe('where the picture goes'),
  data: z.string().optional().describe("folder with the data set's files, to measure a checkpoint's rates"),
  limit: wholeNumber(1).optional().describe('measures with N test images only'),
  batch: wholeNumber(1).default(128).describe('images at once'),
  sensor: frameOptions.sensor,
  layout: frameOptions.layout,
  cache: frameOptions.cache,
  ...machineOptions,
})

type Options = Invocation<typeof schema>['options']

/** Tells what an inference costs. */
export const energyCommand = defineCommand({
  name: 'energy',
  usage: '[network]',
  summary: 'Tells what energy an inference takes, by layer, with and without memory',
  schema,
  notes: [
    'NETWORK is a checkpoint, whose firing rates are measured with its test images; or the folder of a finished run,',
    'whose record has them. Any neuron will do: its operations are counted in its program.',
    `Networks for --model: ${Object.keys(models).join(', ')}.`,
  ],
  examples: [
    'energy runs/NAME',
    'energy runs/NAME/checkpoints/best.safetensors --limit 500',
    'energy --model resnet18 --neuron clif --T 6 --rates published:cifar10 --accounting clif-2024',
    'energy --model snn5 --neuron ./mine.json --rates rates.csv',
  ],
  async run({ positional, options, surroundings }) {
    const { net, T, rates, sequence, about } = await networkAndRates(positional[0], options, surroundings)
    const value = energy(net, { T, rates, sequence, accounting: options.accounting })
    await save(value, options.out)
    surroundings.write(
      options.json
        ? `${JSON.stringify({ ...value, rates: about })}\n`
        : energyTextOf(value, about, surroundings.terminal.columns()),
    )
    if (!options.json) surroundings.write(`picture  ${options.out}\n`)
    return exitCodes.done
  },
})

interface Described {
  readonly net: Network
  readonly T: number
  readonly rates: FiringRates
  readonly sequence: boolean
  /** Where the rates are from. */
  readonly about: string
}

async function networkAndRates(
  named: string | undefined,
  options: Options,
  surroundings: Surroundings,
): Promise<Described> {
  if ((named === undefined) === (options.model === undefined)) {
    throw new UsageError({
      what: named === undefined ? 'no network is given' : 'a trained network and --model are both given',
      expected: 'a checkpoint, the folder of a run, or --model NAME',
      next: "'spikelet energy --help' shows examples",
    })
  }
  if (named === undefined) return untrained(options)
  const folder = await isFolder(named)
  return trained(folder ? join(named, runFiles.best) : named, folder ? named : null, options, surroundings)
}

async function untrained(options: Options): Promise<Described> {
  const { model, neuron, neuronOptions, input, classes, T = 4, events } = options
  if (options.rates === undefined) {
    throw new UsageError({
      what: 'an untrained network has no firing rates of its own',
      expected: '--rates FILE, or --rates published:cifar10',
      next: 'Give a file with a rate for each layer of neurons, or measure a trained network.',
    })
  }
  const chosen = await chooseNeuron(neuron, neuronOptions)
  const net = modelNamed(model as string)({ input: input.split('x').map(Number), classes, neuron: chosen, T })
  const rates = await readRates(options.rates, chosen.name)
  return { net, T, rates, sequence: events, about: options.rates }
}

async function trained(
  file: string,
  run: string | null,
  options: Options,
  surroundings: Surroundings,
): Promise<Described> {
  const { net, training } = loadCheckpoint(await readNamed(file), { file })
  const known = checkpointTraining(training, file)
  const sequence = known.frames !== undefined || options.events
  const T = options.T ?? known.T
  if (options.rates !== undefined) {
    const rates = await readRates(options.rates, net.neuron?.name ?? '')
    return { net, T, rates, sequence, about: options.rates }
  }
  // A run of a program, or one that was stopped, has no verdict: its rates are measured now.
  const record = run !== null && T === known.T ? join(run, runFiles.summary) : null
  const recorded = record === null ? undefined : await readRates(record, '').catch(() => undefined)
  if (recorded) return { net, T, rates: recorded, sequence, about: `${record}, measured with all test images` }
  const { evaluation } = await judgeCheckpoint({ file, dataset: undefined, options }, judging(surroundings))
  const rates = Object.fromEntries(evaluation.firingRates.map(({ layer, rate }) => [layer, rate]))
  return { net, T, rates, sequence, about: `measured with ${evaluation.images} test images` }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

const partNames = Object.entries(energyPartNames) as [keyof typeof energyPartNames, string][]

/** Layers and sums as a table, and what the numbers assume. */
export function energyTextOf(value: Energy, rates: string, width: number): string {
  const { accounting, about, assumptions, synaptic, memory, layers, T } = value
  const unit = accounting === 'clif-2024' ? 'step' : 'inference'
  const head = [
    'layer',
    'fires',
    'ACs',
    'MACs',
    'operations alone',
    'with memory',
    ...partNames.map(([, name]) => name),
  ]
  const rows = [...layers.map((layer) => rowOf(layer.path, layer, unit)), rowOf('all', value, unit)]
  const perStep = memory.step === null ? 'not counted' : energyText(memoryTotal(memory.step))
  return [
    ...wrapWords(`${about}; firing rates: ${rates}`, width),
    '',
    ...wrapWords(
      `ACs, MACs and operations alone: of ${unit === 'step' ? 'one step' : `an inference, ${T} steps`}; with memory: of an inference`,
      width,
    ),
    fittingTable(head, rows, { width, leastNeeded: [...partNames.map(([, name]) => name).reverse(), 'fires'] }),
    '',
    `operations alone  ${energyText(synaptic.step?.energy ?? 0)} a step, ${energyText(synaptic.inference.energy)} an inference`,
    `with memory       ${perStep} a step, ${energyText(memoryTotal(memory.inference))} an inference`,
    '',
    'assumed',
    ...assumptions.flatMap((line) => wrapWords(line, width - 2).map((part, i) => `${i === 0 ? '-' : ' '} ${part}`)),
    '',
  ].join('\n')
}

function rowOf(name: string, layer: Pick<LayerEnergy, 'synaptic' | 'memory' | 'rate'>, unit: 'step' | 'inference') {
  const operations = layer.synaptic[unit] ?? layer.synaptic.inference
  const parts = layer.memory.inference
  return [
    name,
    layer.rate === undefined ? '' : percentText(layer.rate, 1),
    millions(operations.accumulates),
    millions(operations.multiplyAccumulates),
    energyText(operations.energy),
    energyText(memoryTotal(parts)),
    ...partNames.map(([part]) => energyText(parts[part])),
  ]
}

function millions(count: number): string {
  return count === 0 ? '0' : `${Number((count / 1e6).toPrecision(3))} M`
}
