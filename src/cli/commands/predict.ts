import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Backend } from '../../backends/index.ts'
import { percentText, sizeOf, UsageError } from '../../base/index.ts'
import { classNamesOf, datasetNames, encoders, imagePipeline, recordingFacts } from '../../data/index.ts'
import { defaultBackend } from '../../hosts/node/index.ts'
import { summedLogits } from '../../losses/index.ts'
import type { Network } from '../../nn/index.ts'
import {
  backendOptions,
  checkpointTraining,
  frameOptions,
  machineOptions,
  pause,
  readNamed,
  readSummary,
  sizeOfText,
  wholeNumber,
} from '../../runs/index.ts'
import { type Encode, inputOf, loadCheckpoint, predictionOf, type Prediction as Said } from '../../train/index.ts'
import { defineCommand, type Invocation } from '../command.ts'
import { type FileSample, samplesIn } from '../sample-files.ts'
import { exitCodes } from '../surroundings.ts'

const batchSize = 64

const schema = z.object({
  top: wholeNumber(1).default(3).describe('classes per sample'),
  limit: wholeNumber(1).optional().describe('first N samples only'),
  json: z.boolean().default(false).describe('prints all shares as JSON'),
  sensor: frameOptions.sensor,
  layout: frameOptions.layout,
  backend: machineOptions.backend,
  simd: machineOptions.simd,
  threads: machineOptions.threads,
})

/** Names the classes of samples in files. */
export const predictCommand = defineCommand({
  name: 'predict',
  usage: '<checkpoint> [...files]',
  summary: 'Names the likeliest classes of images or recordings in files and folders',
  schema,
  notes: [
    'FILES are what the network was trained on: PNG and JPEG files, IDX (.gz or plain), CIFAR records, NPY and NPZ arrays',
    '(uint8, or numbers in 0..1), event files of any format that is read, HDF5 as SHD has it; or folders with such files.',
    'Time steps, encoding, frames and normalisation are those of the training. The shares are those of the softmax of the',
    'mean logits over time; of several labels a sample, each has a share of its own, and of a regression the line holds',
    'the numbers.',
  ],
  examples: [
    'predict runs/NAME/checkpoints/best.safetensors shoe.png bag.jpg',
    'predict runs/NAME/checkpoints/best.safetensors t10k-images-idx3-ubyte.gz --limit 5',
    'predict runs/NAME/checkpoints/best.safetensors ./recordings --json',
  ],
  async run({ positional, options, surroundings }) {
    const [file, ...paths] = positional as [string, ...string[]]
    if (paths.length === 0) {
      throw new UsageError({ what: 'no file is given', expected: 'spikelet predict CHECKPOINT FILE or FOLDER ...' })
    }
    const judge = await judgeOf(file, options)
    const backend = await defaultBackend(backendOptions(options))
    const told: Prediction[] = []
    try {
      await judge.net.place(backend)
      for await (const batch of batches(samplesIn(paths, judge.kind), options.limit)) {
        const found = await predictionsOf(batch, judge, backend)
        if (options.json) told.push(...found)
        else
          surroundings.write(
            found.map((one) => `${lineOf(one, paths.length === 1 && one.file === paths[0], options.top)}\n`).join(''),
          )
        await pause()
      }
      if (options.json) surroundings.write(`${JSON.stringify({ checkpoint: file, predictions: told })}\n`)
      return exitCodes.done
    } finally {
      await backend.close()
    }
  },
})

/** Of a sample in a file: its class and the shares of all, the likeliest first; its labels; or its numbers. */
type Prediction = { readonly file: string; readonly index: number | null } & (
  | { readonly predicted: string | readonly string[]; readonly classes: readonly Share[] }
  | { readonly outputs: readonly { readonly name: string; readonly value: number }[] }
)

interface Share {
  readonly name: string
  readonly share: number
}

/** A network, and what its checkpoint knows of its samples. */
async function judgeOf(file: string, options: Invocation<typeof schema>['options']) {
  const { net, training } = loadCheckpoint(await readNamed(file), { file })
  const { T, dataset, transforms, frames, encode, classes, targets } = checkpointTraining(training, file)
  const conversion = frames && { by: 'number' as const, values: 'counts' as const, ...frames, T }
  const known = (datasetNames as readonly string[]).includes(dataset) ? recordingFacts(dataset) : {}
  const sensor = options.sensor === undefined ? known.sensor : sizeOfText(options.sensor)
  const layout = options.layout ?? known.layout
  const kind = { shape: net.input, frames: conversion, sensor, layout }
  const [height, width, channels] = net.input.length === 3 ? net.input : [1, 1, sizeOf(net.input)]
  const shape = [height, width, channels] as const
  return {
    net,
    T,
    kind,
    encode: conversion ? encoders.frames : (encode ?? encoders.direct),
    bytes: imagePipeline({ shape }, transforms, 0),
    numbers: imagePipeline({ shape, steps: conversion ? T : 1 }, transforms, 0),
    classes: classes ?? (await classesOf(dataset, file)),
    targets,
  }
}

type Judge = Awaited<ReturnType<typeof judgeOf>>

/** Names of classes that the checkpoint itself does not tell: the data set's, or those in the record of its run. */
async function classesOf(dataset: string, file: string): Promise<readonly string[]> {
  const known = (datasetNames as readonly string[]).includes(dataset) ? classNamesOf(dataset) : []
  if (known.length > 0) return known
  return (await readSummary(join(dirname(file), '..'), () => {}))?.classes ?? []
}

async function* batches(samples: AsyncIterable<FileSample>, limit = Number.POSITIVE_INFINITY) {
  let batch: FileSample[] = []
  let count = 0
  for await (const sample of samples) {
    batch.push(sample)
    count++
    if (batch.length === batchSize || count === limit) {
      yield batch
      batch = []
    }
    if (count === limit) return
  }
  if (batch.length > 0) yield batch
}

async function predictionsOf(batch: readonly FileSample[], judge: Judge, backend: Backend): Promise<Prediction[]> {
  const { net, T, kind, encode } = judge
  const size = sizeOf(net.input) * (kind.frames ? T : 1)
  const values = new Float32Array(batch.length * size)
  batch.forEach((sample, i) => {
    const { buffer, byteOffset, byteLength } = sample.values
    const pipeline = sample.values instanceof Float32Array ? judge.numbers : judge.bytes
    pipeline.run(new Uint8Array(buffer, byteOffset, byteLength), 0, i, values.subarray(i * size, (i + 1) * size))
  })
  const logits = await meanLogits(net, backend, values, { T, encode })
  return batch.map(({ file, index }, i) => ({ file, index, ...inNames(predictionOf(logits[i], judge), judge.classes) }))
}

/** A prediction in names. */
function inNames({ kind, labels, shares, outputs }: Said, names: readonly string[]) {
  const nameOf = (k: number) => names[k] ?? String(k)
  if (kind === 'numbers') return { outputs: [...outputs].map((value, k) => ({ name: nameOf(k), value })) }
  const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a])
  const classes = order.map((k) => ({ name: nameOf(k), share: shares[k] }))
  return { predicted: kind === 'labels' ? labels.map(nameOf) : classes[0].name, classes }
}

/** Logits over time's mean, one list of [classes] per sample. */
async function meanLogits(
  net: Network,
  backend: Backend,
  values: Float32Array,
  { T, encode }: { readonly T: number; readonly encode: Encode },
): Promise<Float64Array[]> {
  backend.beginStep()
  try {
    const x = inputOf(net, backend, values, { T, seed: 0, encode })
    const logits = net.forward(x, { backend, tape: null, training: false, T, key: 0 })
    const [steps, samples, classes] = logits.shape
    const sums = summedLogits(await backend.read(logits.handle), steps)
    return Array.from({ length: samples }, (_, i) =>
      sums.subarray(i * classes, (i + 1) * classes).map((sum) => sum / steps),
    )
  } finally {
    backend.endStep()
  }
}

/** @param alone whether no other file was named: its samples need no more than their number */
function lineOf(found: Prediction, alone: boolean, top: number): string {
  const { file, index } = found
  const name = index === null ? file : alone ? String(index) : `${file}:${index}`
  const texts =
    'outputs' in found
      ? found.outputs.map(({ name: one, value }) => `${one} ${Number(value.toPrecision(6))}`)
      : found.classes.slice(0, top).map(({ name: one, share }) => `${one} ${percentText(share, 1)}`)
  return [name, ...texts].join('\t')
}
