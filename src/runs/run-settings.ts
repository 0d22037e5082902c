import { z } from 'zod'
import { mostThreads } from '../hosts/node/index.ts'

/** A whole number of an option. */
export const wholeNumber = (least: number) =>
  z.number(`a whole number, ${least} or more`).int('a whole number').min(least, `${least} or more`)

const share = (what = 'a number') => z.number(what).min(0, '0 or more').lt(1, 'below 1')

const amount = () => z.number('a number').min(0, '0 or more')

const size = (shape: string) => z.string().regex(/^[1-9]\d{0,4}x[1-9]\d{0,4}$/, `${shape}, such as 48x48`)

/** What is trained. */
const networkOptions = {
  model: z.string().default('snn5').describe('network'),
  hidden: z
    .array(wholeNumber(1))
    .min(1, 'one layer or more')
    .optional()
    .describe('neurons of each hidden layer of dense and recurrent, such as 256,128'),
  neuron: z.string().default('clif').describe('neuron, or a JSON file with a definition'),
  neuronOptions: z.record(z.string(), z.unknown()).optional().describe('such as \'{"tau":1.5,"reset":"hard"}\''),
  T: wholeNumber(1).default(4).describe('time steps'),
  dropout: share().default(0).describe('share of spikes dropped'),
  normalisation: z.enum(['perStep', 'merged']).default('perStep').describe("BatchNorm's statistics"),
}

/** Changes of training images, in the order in which they are made; the last two mix samples. */
export const augmentations = [
  'crop',
  'flip',
  'roll-or-rotate',
  'auto-imagenet',
  'auto-cifar',
  'trivial',
  'erase',
  'cutout',
  'mixup',
  'cutmix',
] as const

/** How it learns. */
const learningOptions = {
  protocol: z
    .enum(['paper', 'paper-star'])
    .optional()
    .describe('settings of the CLIF paper, or of its starred rows; other options still win'),
  epochs: wholeNumber(1).default(5).describe('passes over the training images'),
  batch: wholeNumber(1).default(64).describe('images per batch'),
  accumulate: wholeNumber(1).default(1).describe('batches per update'),
  lr: amount().default(0.1).describe('learning rate'),
  optimiser: z.enum(['sgd', 'adamW']).default('sgd').describe('optimiser'),
  momentum: share().default(0.9).describe('of sgd'),
  weightDecay: amount().default(5e-5).describe('weight decay'),
  schedule: z.enum(['cosine', 'step', 'constant']).default('cosine').describe('how the learning rate goes'),
  scheduleEpochs: wholeNumber(1).default(30).describe('epochs between steps of the schedule step'),
  warmup: amount().default(0).describe('epochs in which the learning rate rises'),
  clip: z.number('a number').positive('above 0').optional().describe('largest joint norm of the gradients'),
  bptt: wholeNumber(1).optional().describe('steps that gradients travel in time; all'),
  bpttKind: z.enum(['window', 'prefix']).default('window').describe('k nearest steps; links among the first k alone'),
  exchange: z
    .array(z.string().regex(/^\d+:.+/, 'EPOCH:NEURON, such as 3:clif'))
    .default([])
    .describe('from an epoch on other neurons, such as 3:clif'),
  freeze: z.array(z.string()).default([]).describe('parameters that stay as they are; * is any text'),
  loss: z.enum(['paper', 'paper-one-hot', 'rate']).default('paper').describe('loss; one-hot: as for DVS-CIFAR10'),
  labelSmoothing: share().default(0).describe('label smoothing'),
  augment: z.array(z.enum(augmentations)).default([]).describe('changes of training images'),
  validation: share()
    .default(0.1)
    .describe('share of the training images that chooses the epoch; 0: last epoch counts'),
}

const imageSize = z
  .string()
  .regex(/^[1-9]\d{0,4}x[1-9]\d{0,4}$/, 'HEIGHTxWIDTH, such as 32x32')
  .optional()
  .describe('scales an image-folder to HEIGHTxWIDTH, such as 32x32')

/** On which images. */
const imageOptions = {
  data: z.string().optional().describe("folder with the data set's files"),
  limit: wholeNumber(1).optional().describe('uses only N training and N test samples, of every class'),
  imageSize,
}

/** How recordings of an event camera become frames. */
export const frameOptions = {
  frames: z.enum(['number', 'time', 'window']).default('number').describe('cuts recordings into T frames by'),
  windowUs: wholeNumber(1).optional().describe('length of a frame by window, in microseconds'),
  frameValues: z.enum(['counts', 'binary', 'voxel']).default('counts').describe("frames' values"),
  frameSize: size('WIDTHxHEIGHT').optional().describe('scales frames by area, such as 48x48; the size of the sensor'),
  denoiseUs: wholeNumber(1).optional().describe('takes out events alone for this many microseconds'),
  sensor: size('WIDTHxHEIGHT').optional().describe('size of the camera of an event-folder, such as 128x128'),
  layout: z.string().optional().describe('address layout of the AEDAT 2 files of an event-folder'),
  cache: z.string().optional().describe('folder that keeps frames between runs; ~/.cache/spikelet'),
}

/** With what. */
export const machineOptions = {
  backend: z
    .enum(['auto', 'wasm', 'webgpu', 'interpreter'])
    .default('wasm')
    .describe('auto: webgpu if there is a GPU; interpreter: the reference'),
  precision: z
    .enum(['float32', 'mixed'])
    .default('float32')
    .describe('mixed: images and products in float16, on a GPU'),
  simd: z
    .enum(['widest', '512', '256', '128'])
    .default('widest')
    .describe('bits of vectors: AVX-512, AVX2 or WebAssembly; widest: what the machine has'),
  threads: wholeNumber(1)
    .max(mostThreads, `${mostThreads} or fewer`)
    .optional()
    .describe(`threads that compute, at most ${mostThreads}; as many as there are`),
  loaderThreads: wholeNumber(0)
    .max(mostThreads, `${mostThreads} or fewer`)
    .default(0)
    .describe('threads that prepare batches'),
}

const kernelOptions = {
  kernels: z.string().default('events').describe("events; auto: by what both cost here; or a run's kernels.json"),
  explainKernels: z.boolean().default(false).describe('prints which kernels each layer took, and why'),
}

const recordOptions = {
  checkpointEvery: wholeNumber(1).optional().describe('updates between checkpoints; the ends of epochs'),
  out: z.string().default('runs').describe('folder of all runs'),
  name: z
    .string()
    .regex(/^[\w][\w.-]*$/, 'letters, digits, hyphens, dots')
    .optional()
    .describe("name of the run's folder"),
  config: z.string().optional().describe('a JSON file with options; flags win'),
}

export const trainSchema = z.object({
  ...networkOptions,
  ...learningOptions,
  seed: wholeNumber(0).default(1).describe('start values, order, augmentation and dropout follow from it'),
  ...imageOptions,
  ...frameOptions,
  ...machineOptions,
  ...kernelOptions,
  ...recordOptions,
  resume: z.string().optional().describe('goes on with the run in this folder'),
})

/** What a run's record keeps: how its kernels were chosen stands in its own file. */
export const recordedSchema = trainSchema.omit({ kernels: true, explainKernels: true })

const { neuron: _, neuronOptions: __, ...networkWithoutNeuron } = networkOptions

export const compareSchema = z.object({
  neurons: z.array(z.string()).min(1, 'one neuron or more').default(['lif', 'plif', 'clif']).describe('neurons'),
  seeds: wholeNumber(1).default(3).describe('runs per neuron, with other seeds'),
  ...networkWithoutNeuron,
  ...learningOptions,
  seed: wholeNumber(0).default(1).describe('first of the seeds'),
  ...imageOptions,
  ...frameOptions,
  ...machineOptions,
  ...recordOptions,
})

const numbers = (what: string) => z.array(z.number(what)).default([])
const { T: ___, ...networkOfSweep } = networkWithoutNeuron
const { bptt: ____, ...learningOfSweep } = learningOptions

export const sweepSchema = z.object({
  neurons: z.array(z.string()).min(1, 'one neuron or more').default(['lif', 'clif']).describe('neurons'),
  tau: numbers('numbers, with commas').describe("values of the neurons' constant tau, such as 1.5,2; its default"),
  T: z.array(wholeNumber(1)).min(1, 'one or more').default([4]).describe('numbers of time steps, such as 2,4,8'),
  bptt: z.array(wholeNumber(1)).default([]).describe('steps that gradients travel in time, such as 1,2,4; all'),
  seeds: wholeNumber(1).default(3).describe('runs of each combination, with other seeds'),
  jobs: wholeNumber(1).default(1).describe('runs at once, each in a process of its own'),
  json: z.boolean().default(false).describe('prints the table as JSON'),
  ...networkOfSweep,
  ...learningOfSweep,
  seed: wholeNumber(0).default(1).describe('first of the seeds'),
  ...imageOptions,
  ...frameOptions,
  ...machineOptions,
  ...recordOptions,
})

/** The options of one training run. */
export type TrainingOptions = Omit<z.infer<typeof recordedSchema>, 'resume' | 'config' | 'name'>
