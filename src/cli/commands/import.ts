import { z } from 'zod'
import { percentText, plainText, UsageError, writeWhole } from '../../base/index.ts'
import {
  type ConversionOptions,
  classNamesOf,
  datasetNames,
  isImageSet,
  normalisationOf,
  normalise,
} from '../../data/index.ts'
import { isHdf5 } from '../../formats/index.ts'
import { defaultBackend } from '../../hosts/node/index.ts'
import {
  likelyStep,
  type NirGraph,
  type NirLabel,
  networkFromNir,
  ownNames,
  readNir,
  readPytorch,
  readSafetensors,
  type SafetensorsFile,
  type SafetensorsTensor,
  writeSafetensors,
} from '../../interop/index.ts'
import { modelNamed, models } from '../../models/index.ts'
import type { Network } from '../../nn/index.ts'
import {
  backendOptions,
  chooseNeuron,
  conversionOf,
  frameOptions,
  machineOptions,
  openImages,
  pause,
  readNamed,
  transformsFor,
  wholeNumber,
} from '../../runs/index.ts'
import { checkpointBytes, evaluate, fillNetwork, freshProgress } from '../../train/index.ts'
import { defineCommand, type Invocation } from '../command.ts'
import { createProgress } from '../progress.ts'
import { exitCodes, type Surroundings } from '../surroundings.ts'
import { proseTable, tableText } from '../table.ts'
import { readingsText } from './import-readings.ts'

const schema = z.object({
  out: z.string().optional().describe('file for the network, as a checkpoint; or for the tensors alone'),
  model: z.string().optional().describe('network whose parameters a PyTorch or safetensors file holds'),
  neuron: z.string().default('clif').describe('its neuron, or a JSON file with a definition'),
  neuronOptions: z.record(z.string(), z.unknown()).optional().describe('such as \'{"tau":1.5,"reset":"hard"}\''),
  dropout: z
    .number('a number')
    .min(0, '0 or more')
    .lt(1, 'below 1')
    .default(0)
    .describe('its dropout, which some names tell'),
  T: wholeNumber(1).default(4).describe('time steps to run it for'),
  input: z
    .string()
    .regex(/^[1-9]\d*x[1-9]\d*x[1-9]\d*$/, 'HEIGHTxWIDTHxCHANNELS, such as 32x32x3')
    .optional()
    .describe('frames of a PyTorch network, such as 32x32x3; those of --dataset'),
  classes: wholeNumber(1).optional().describe('classes of a PyTorch network; rows of the last matrix'),
  entry: z.string().optional().describe('entry of a PyTorch file that holds the tensors; the usual ones'),
  dt: z.number('a number').positive('above 0').optional().describe("length of a step in a NIR graph's unit of time"),
  reset: z
    .enum(['node', 'soft', 'late'])
    .default('node')
    .describe('resets of a NIR graph; soft: subtract the threshold; late: a step later'),
  readings: z
    .string()
    .optional()
    .describe('runs a NIR graph in every reading, its input being FILE.npy, or such as poisson:0.3'),
  spikes: z.string().optional().describe('FILE.npy: spikes that another program computed, to find its reading'),
  sample: wholeNumber(0).default(0).describe('which sample of these two files'),
  dataset: z.string().optional().describe('data set that it was trained on'),
  data: z.string().optional().describe("folder with the data set's files: the network is judged by its test side"),
  limit: wholeNumber(1).optional().describe('judges by N test samples only'),
  batch: wholeNumber(1).default(32).describe('samples at once'),
  ...frameOptions,
  ...machineOptions,
})

type Options = z.infer<typeof schema>

/** Takes over a network, or tensors, that another program saved. */
export const importCommand = defineCommand({
  name: 'import',
  usage: '<file>',
  summary: 'Takes over a PyTorch state dict, a safetensors file or a NIR graph',
  schema,
  notes: [
    'FILE is what torch.save wrote of a state dict, safetensors, or a NIR graph. Nothing in it is executed.',
    'Parameters are found by the names of plain PyTorch modules, or those of the code published with the CLIF paper.',
    'A NIR graph leaves open how neurons reset, whether they fire at their threshold, and where potentials start:',
    '--readings tells the first step and neuron at which two answers part. Files are [T, ...] or [T, samples, ...].',
    'Without --model, a file of tensors is listed, and written as safetensors where --out is given.',
    `Networks: ${Object.keys(models).join(', ')}.`,
  ],
  examples: [
    'import checkpoint_max.pth --model resnet18 --neuron clif --T 6 --dataset cifar10 --out clif.safetensors',
    'import cnn.nir --dt 1 --T 300 --frames window --window-us 1000 --dataset n-mnist --data ./n-mnist',
    'import lif.nir --dt 0.0001 --readings input.npy --spikes snntorch.npy',
    'import weights.pt --out weights.safetensors',
  ],
  async run(invocation) {
    const { positional, options, surroundings } = invocation
    const [file] = positional as [string]
    const bytes = await readNamed(file)
    checkReadings(isHdf5(bytes), file, options)
    const nir = isHdf5(bytes) ? await nirNetwork(bytes, file, options, surroundings) : null
    const network = nir ? nir.network : await tensorNetwork(bytes, file, options, surroundings)
    if (!network) return exitCodes.done
    surroundings.write(`${network.summary({ T: options.T, batch: 1 }).text}\n`)
    if (nir) await compareAsked(nir, file, invocation)
    if (options.data !== undefined) await judge(network, invocation)
    if (options.out !== undefined) await keep(network, options, surroundings)
    return exitCodes.done
  },
})

/** @throws UsageError where readings are asked of a file that has none, or files are named for nothing */
function checkReadings(isNir: boolean, file: string, { readings, spikes }: Options): void {
  if (readings === undefined && spikes !== undefined) {
    throw new UsageError({ what: '--spikes needs the input that they came from', next: 'Name it with --readings.' })
  }
  if (readings === undefined || isNir) return
  throw new UsageError({ what: '--readings is for NIR graphs', expected: 'a file of HDF5', place: file })
}

interface NirRead {
  readonly graph: NirGraph
  readonly network: Network
  readonly dt: number
}

async function nirNetwork(
  bytes: Uint8Array,
  file: string,
  options: Options,
  surroundings: Surroundings,
): Promise<NirRead> {
  const graph = await readNir(bytes, file)
  const { reset, readings } = options
  const dt = options.dt ?? (readings === undefined ? Number.NaN : likelyStep(graph))
  const { network, labels } = networkFromNir(graph, { dt, reset, file })
  surroundings.write(`${labelsText(labels, surroundings.terminal.columns())}\n`)
  return { graph, network, dt }
}

/** Runs the graph in every reading, where that was asked for. */
async function compareAsked(
  { graph, network, dt }: NirRead,
  file: string,
  { options, given, surroundings }: Invocation<typeof schema>,
): Promise<void> {
  const { readings, spikes, sample, T } = options
  if (readings === undefined) return
  if (options.dt === undefined) surroundings.write(`steps of ${dt}, by its time constants; --dt says another\n`)
  const asked = { input: readings, spikes, sample, T: given.has('T') ? T : undefined, otherwiseT: T, dt, file }
  surroundings.write(`${await readingsText(graph, network, asked)}\n`)
}

/** Which nodes were carried over how. */
export function labelsText(labels: readonly NirLabel[], width: number): string {
  const rows = labels.map(({ node, type, label, why }) => [node, type, label, why])
  return proseTable(['node', 'type', 'carried over', 'remark'], rows, width)
}

async function tensorNetwork(
  bytes: Uint8Array,
  file: string,
  options: Options,
  { write }: Surroundings,
): Promise<Network | null> {
  const found = await tensorsOf(bytes, file, options)
  for (const [name, type] of found.unread ?? []) write(`not read: ${plainText(name)}, of the type ${plainText(type)}\n`)
  if (options.model === undefined) {
    write(`${tensorsText(found)}\n`)
    if (options.out === undefined) return null
    await writeWhole(options.out, writeSafetensors(found.tensors, { format: 'pt' }))
    write(`written to ${options.out}\n`)
    return null
  }
  const network = modelNamed(options.model)({
    input: inputOf(options),
    classes: options.classes ?? classesOf(found.tensors, file),
    neuron: await chooseNeuron(options.neuron, options.neuronOptions),
    dropout: options.dropout,
    T: options.T,
  })
  const { tensors, scheme, prefix, unused } = ownNames(network, found.tensors, file)
  fillNetwork(network, { tensors, metadata: {} }, file)
  const names = scheme === 'published' ? "by the names of the paper's code" : 'by their own names'
  write(`${tensors.size} tensors, ${names}${prefix === '' ? '' : `, without the ${plainText(prefix)} in front`}\n`)
  const note = neuronNote(options)
  if (note !== undefined) write(`${note}\n`)
  if (unused.length > 0) write(`not used: ${unused.map(plainText).join(', ')}\n`)
  return network
}

/** Neurons that other libraries run otherwise by default, and what their defaults are here. */
const defaultsElsewhere: { readonly [neuron: string]: string } = {
  lif: '{"reset":"hard","decayInput":true}',
  plif: '{"reset":"hard","decayInput":true}',
  if: '{"reset":"hard"}',
}

/** What is to be known of a neuron whose options were left out: files of weights do not say how they were trained. */
function neuronNote({ neuron, neuronOptions }: Options): string | undefined {
  if (neuronOptions !== undefined || !Object.hasOwn(defaultsElsewhere, neuron)) return undefined
  const how = neuron === 'if' ? '' : ', and takes its input as it is'
  return [
    `note: ${neuron} subtracts the threshold where it fires${how}. Files do not say what theirs did.`,
    `SpikingJelly's default is --neuron-options '${defaultsElsewhere[neuron]}'; other libraries: docs/other-programs.md`,
  ].join('\n')
}

async function tensorsOf(bytes: Uint8Array, file: string, { entry }: Options): Promise<SafetensorsFile> {
  const isArchive = bytes[0] === 0x50 && bytes[1] === 0x4b
  if (isArchive || bytes[0] === 0x80) return readPytorch(bytes, file, entry === undefined ? {} : { entry })
  const read = readSafetensors(bytes, file)
  const own = [...read.tensors].filter(([name]) => !name.startsWith('optimiser.'))
  return { ...read, tensors: new Map(own) }
}

function tensorsText({ tensors }: SafetensorsFile): string {
  const rows = [...tensors].map(([name, { dtype, shape }]) => [name, dtype, `[${shape.join(', ')}]`])
  return tableText(['tensor', 'type', 'shape'], rows)
}

/** Frames of the data sets that the paper trains on, and of those that have one size. */
const frames: { readonly [dataset: string]: readonly [number, number, number] } = {
  mnist: [28, 28, 1],
  'fashion-mnist': [28, 28, 1],
  cifar10: [32, 32, 3],
  cifar100: [32, 32, 3],
  'tiny-imagenet': [64, 64, 3],
  'n-mnist': [34, 34, 2],
  'dvs-cifar10': [48, 48, 2],
  'dvs-gesture': [128, 128, 2],
}

function inputOf({ input, dataset }: Options): readonly number[] {
  if (input !== undefined) return input.split('x').map(Number)
  if (dataset !== undefined && Object.hasOwn(frames, dataset)) return frames[dataset]
  throw new UsageError({
    what: 'the size of the frames is not known',
    expected: `--input HEIGHTxWIDTHxCHANNELS, or --dataset with one of ${Object.keys(frames).join(', ')}`,
    got: dataset ?? 'neither',
  })
}

/** The rows of the last matrix are the classes. */
function classesOf(tensors: ReadonlyMap<string, SafetensorsTensor>, file: string): number {
  const last = [...tensors.values()].filter(({ shape }) => shape.length === 2).at(-1)
  if (last) return last.shape[0]
  throw new UsageError({ what: 'the file holds no matrix, and so no classifier', place: file })
}

async function judge(network: Network, { options, surroundings }: Invocation<typeof schema>): Promise<void> {
  const { dataset, T } = options
  if (dataset === undefined) {
    throw new UsageError({ what: '--data needs --dataset', expected: datasetNames.join(', '), got: 'none' })
  }
  const progress = createProgress(surroundings)
  const datasets = await openImages(dataset, options, { progress, env: surroundings.env })
  const backend = await defaultBackend(backendOptions(options))
  try {
    const found = await evaluate(network, datasets.test, {
      backend,
      host: { clock: surroundings.clock, pause },
      T,
      batch: options.batch,
      transforms: transformsFor(datasets, []).evaluation,
      loaderThreads: options.loaderThreads,
    })
    for (const note of datasets.notes) surroundings.writeError(`${dataset}: ${note}\n`)
    const rates = found.firingRates.map(({ layer, rate }) => [layer, percentText(rate)])
    surroundings.write(`${tableText(['layer', 'firing rate'], rates)}\n`)
    surroundings.write(`accuracy  ${percentText(found.accuracy)} of ${found.images} test samples of ${dataset}\n`)
    await network.pull()
    network.unplace()
  } finally {
    await backend.close()
  }
}

/** Keeps the network as a checkpoint that evaluate, predict and export take. */
async function keep(network: Network, options: Options, { write }: Surroundings): Promise<void> {
  const { dataset = 'imported', T, out } = options
  const isKnown = (datasetNames as readonly string[]).includes(dataset)
  const isImages = isKnown && isImageSet(dataset)
  const conversion: ConversionOptions | undefined = isKnown && !isImages ? conversionOf(options) : undefined
  const { mean, deviation } = isImages ? normalisationOf(dataset) : { mean: [], deviation: [] }
  const training = {
    model: network.name,
    T,
    dataset: { name: dataset, ...(conversion ? { frames: conversion } : {}) },
    loss: { name: 'tet' },
    transforms: {
      evaluation: isImages
        ? [normalise(mean, deviation)].map(({ name, options: own }) => ({ name, options: own }))
        : [],
    },
    ...(isKnown ? { classes: classNamesOf(dataset) } : {}),
  }
  await writeWhole(out!, await checkpointBytes(network, { progress: freshProgress, training }))
  write(`written to ${out}\n`)
}
