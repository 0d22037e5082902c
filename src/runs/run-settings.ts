import { z } from 'zod'
import { frameValues } from '../data/index.ts'
import { mostThreads } from '../hosts/node/index.ts'

/** A whole number of an option. */
export const wholeNumber = (least: number) =>
  z.number(`a whole number, ${least} or more`).int('a whole number').min(least, `${least} or more`)

const share = (what = 'a number') => z.number(what).min(0, '0 or more').lt(1, 'below 1')

const amount = () => z.number('a number').min(0, '0 or more')

const size = (shape: string) => z.string().regex(/^[1-9]\d{0,4}x[1-9]\d{0,4}$/, `${shape}, such as 48x48`)

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

export type Augmentation = (typeof augmentations)[number]

/** What an option can change: the numbers that a run gives; what they cost in time or memory; or neither. */
export type Decides = 'numbers' | 'cost' | 'nothing'

/** One option of a training run. */
export interface SettingRow {
  /** What it can be, and what it is where nobody says. */
  readonly type: z.ZodType
  readonly group: SettingGroup
  readonly decides: Decides
  /** For `--help`. */
  readonly about: string
  /** Values of version 0.1 and what they are called now: old records are read, command lines told the new name. */
  readonly renamed?: { readonly [old: string]: string }
  /** Unknown to version 0.1: with its default it leaves no trace in the hash of a run. */
  readonly isNew?: true
}

/** Under which heads `--help` shows options. */
export const settingGroups = {
  network: 'What is trained',
  learning: 'How it learns',
  data: 'On which samples',
  frames: 'How recordings become frames',
  machine: 'With what',
  record: 'Where it is kept',
} as const

export type SettingGroup = keyof typeof settingGroups

/**
 * Every option of a training run. Flags and their help, configuration files, command.json, the check of a resumed run and
 * the hash of `reproduce` are made from this table.
 */
export const runSettings = {
  model: { type: z.string().default('snn5'), group: 'network', decides: 'numbers', about: 'network' },
  hidden: {
    type: z.array(wholeNumber(1)).min(1, 'one layer or more').optional(),
    group: 'network',
    decides: 'numbers',
    about: 'neurons of each hidden layer of dense and recurrent, such as 256,128',
  },
  neuron: {
    type: z.string().default('clif'),
    group: 'network',
    decides: 'numbers',
    about: 'neuron, or a JSON file with a definition',
  },
  neuronOptions: {
    type: z.record(z.string(), z.unknown()).optional(),
    group: 'network',
    decides: 'numbers',
    about: 'such as \'{"tau":1.5,"reset":"hard"}\'',
  },
  from: {
    type: z.string().optional(),
    group: 'network',
    decides: 'numbers',
    about: 'checkpoint, or zoo:NAME, whose weights it starts with',
    isNew: true,
  },
  T: { type: wholeNumber(1).default(4), group: 'network', decides: 'numbers', about: 'time steps' },
  dropout: { type: share().default(0), group: 'network', decides: 'numbers', about: 'share of spikes dropped' },
  normalisation: {
    type: z.enum(['perStep', 'merged']).default('perStep'),
    group: 'network',
    decides: 'numbers',
    about: "BatchNorm's statistics",
  },

  protocol: {
    type: z.enum(['clif-2024', 'clif-2024-starred']).optional(),
    group: 'learning',
    decides: 'numbers',
    renamed: { paper: 'clif-2024', 'paper-star': 'clif-2024-starred' },
    about: 'settings of Huang et al. 2024 (CLIF), or of its starred rows; other options still win',
  },
  epochs: {
    type: wholeNumber(1).default(5),
    group: 'learning',
    decides: 'numbers',
    about: 'passes over the training images',
  },
  batch: { type: wholeNumber(1).default(64), group: 'learning', decides: 'numbers', about: 'images per batch' },
  accumulate: { type: wholeNumber(1).default(1), group: 'learning', decides: 'numbers', about: 'batches per update' },
  lr: {
    type: amount().optional(),
    group: 'learning',
    decides: 'numbers',
    about: 'learning rate; 0.1 of sgd, 0.001 of adamW',
  },
  optimiser: {
    type: z.enum(['sgd', 'adamW']).default('sgd'),
    group: 'learning',
    decides: 'numbers',
    about: 'optimiser',
  },
  momentum: { type: share().default(0.9), group: 'learning', decides: 'numbers', about: 'of sgd' },
  weightDecay: {
    type: amount().optional(),
    group: 'learning',
    decides: 'numbers',
    about: 'weight decay; 0.00005 of sgd, 0.01 of adamW',
  },
  schedule: {
    type: z.enum(['cosine', 'step', 'constant']).default('cosine'),
    group: 'learning',
    decides: 'numbers',
    about: 'how the learning rate goes',
  },
  scheduleEpochs: {
    type: wholeNumber(1).default(30),
    group: 'learning',
    decides: 'numbers',
    about: 'epochs between steps of the schedule step',
  },
  warmup: {
    type: amount().default(0),
    group: 'learning',
    decides: 'numbers',
    about: 'epochs in which the learning rate rises',
  },
  clip: {
    type: z.number('a number').positive('above 0').optional(),
    group: 'learning',
    decides: 'numbers',
    about: 'largest joint norm of the gradients',
  },
  bptt: {
    type: wholeNumber(1).optional(),
    group: 'learning',
    decides: 'numbers',
    about: 'steps that gradients travel in time; all',
  },
  bpttKind: {
    type: z.enum(['window', 'prefix']).default('window'),
    group: 'learning',
    decides: 'numbers',
    about: 'k nearest steps; links among the first k alone',
  },
  exchange: {
    type: z.array(z.string().regex(/^\d+:.+/, 'EPOCH:NEURON, such as 3:clif')).default([]),
    group: 'learning',
    decides: 'numbers',
    about: 'from an epoch on other neurons, such as 3:clif',
  },
  freeze: {
    type: z.array(z.string()).default([]),
    group: 'learning',
    decides: 'numbers',
    about: 'parameters that stay as they are; * is any text',
  },
  quantise: {
    type: z.enum(['int8', 'int16']).optional(),
    group: 'learning',
    decides: 'numbers',
    about: 'trains with weights rounded as export --weights rounds them',
    isNew: true,
  },
  loss: {
    type: z.enum(['tet', 'tet-one-hot', 'rate', 'first-spike', 'van-rossum', 'membrane-regression']).default('tet'),
    group: 'learning',
    decides: 'numbers',
    renamed: { paper: 'tet', 'paper-one-hot': 'tet-one-hot' },
    about:
      'tet: cross entropy of each step, logits drawn to 1, or to the one-hot target (DVS-CIFAR10); rate: of the mean',
  },
  regularise: {
    type: z
      .array(
        z
          .string()
          .regex(
            /^(rate|rate-l1|rate-kl|silent):\d*\.?\d+(e-?\d+)?:\d*\.?\d+(e-?\d+)?$/,
            'KIND:TARGET:WEIGHT, such as rate:0.1:1e-3',
          ),
      )
      .default([]),
    group: 'learning',
    decides: 'numbers',
    about:
      'adds to the loss what draws firing rates to a target: rate, rate-l1, rate-kl or silent, such as rate:0.1:1e-3',
    isNew: true,
  },
  labelSmoothing: { type: share().default(0), group: 'learning', decides: 'numbers', about: 'label smoothing' },
  augment: {
    type: z.array(z.enum(augmentations)).default([]),
    group: 'learning',
    decides: 'numbers',
    about: 'changes of training images',
  },
  validation: {
    type: share().default(0.1),
    group: 'learning',
    decides: 'numbers',
    about: 'share of the training images that chooses the epoch; 0: last epoch counts',
  },
  earlyStop: {
    type: wholeNumber(1).optional(),
    group: 'learning',
    decides: 'numbers',
    about: 'ends after so many epochs that are no better by the validation images',
    isNew: true,
  },
  classWeights: {
    type: z
      .array(z.string().regex(/^(balanced|\d+(\.\d+)?(e-?\d+)?)$/, 'balanced, or a number for each class'))
      .optional(),
    group: 'learning',
    decides: 'numbers',
    about: 'how much samples of each class count: balanced, or a number a class',
    isNew: true,
  },
  seed: {
    type: wholeNumber(0).default(1),
    group: 'learning',
    decides: 'numbers',
    about: 'start values, order, augmentation and dropout follow from it',
  },

  data: { type: z.string().optional(), group: 'data', decides: 'nothing', about: "folder with the data set's files" },
  limit: {
    type: wholeNumber(1).optional(),
    group: 'data',
    decides: 'numbers',
    about: 'uses only N training and N test samples, of every class',
  },
  imageSize: {
    type: z
      .string()
      .regex(/^[1-9]\d{0,4}x[1-9]\d{0,4}$/, 'HEIGHTxWIDTH, such as 32x32')
      .optional(),
    group: 'data',
    decides: 'numbers',
    about: 'scales an image-folder to HEIGHTxWIDTH, such as 32x32',
  },

  frames: {
    type: z.enum(['number', 'time', 'window']).default('number'),
    group: 'frames',
    decides: 'numbers',
    about: 'cuts recordings into T frames by',
  },
  windowUs: {
    type: wholeNumber(1).optional(),
    group: 'frames',
    decides: 'numbers',
    about: 'length of a frame by window, in microseconds',
  },
  frameValues: {
    type: z.enum(frameValues).default('counts'),
    group: 'frames',
    decides: 'numbers',
    about: "frames' values",
  },
  frameSize: {
    type: size('WIDTHxHEIGHT').optional(),
    group: 'frames',
    decides: 'numbers',
    about: 'scales frames by area, such as 48x48; the size of the sensor',
  },
  surfaceUs: {
    type: wholeNumber(1).optional(),
    group: 'frames',
    decides: 'numbers',
    about: 'microseconds in which --frame-values surface fades',
  },
  hotPixelHz: {
    type: wholeNumber(1).optional(),
    group: 'frames',
    decides: 'numbers',
    about: 'takes out pixels with more events a second',
  },
  refractoryUs: {
    type: wholeNumber(1).optional(),
    group: 'frames',
    decides: 'numbers',
    about: 'takes out events within this many microseconds of the last at their pixel',
  },
  denoiseUs: {
    type: wholeNumber(1).optional(),
    group: 'frames',
    decides: 'numbers',
    about: 'takes out events alone for this many microseconds',
  },
  sensor: {
    type: size('WIDTHxHEIGHT').optional(),
    group: 'frames',
    decides: 'numbers',
    about: 'size of the camera of an event-folder, such as 128x128',
  },
  layout: {
    type: z.string().optional(),
    group: 'frames',
    decides: 'numbers',
    about: 'address layout of the AEDAT 2 files of an event-folder',
  },
  cache: {
    type: z.string().optional(),
    group: 'frames',
    decides: 'nothing',
    about: 'folder that keeps frames between runs; ~/.cache/spikelet',
  },

  backend: {
    type: z.enum(['auto', 'wasm', 'webgpu', 'interpreter']).default('wasm'),
    group: 'machine',
    decides: 'cost',
    about: 'auto: webgpu if there is a GPU; interpreter: the reference',
  },
  precision: {
    type: z.enum(['float32', 'mixed']).default('float32'),
    group: 'machine',
    decides: 'numbers',
    about: 'mixed: images and products in float16, on a GPU',
  },
  simd: {
    type: z.enum(['widest', '512', '256', '128']).default('widest'),
    group: 'machine',
    decides: 'cost',
    about: 'bits of vectors: AVX-512, AVX2 or WebAssembly; widest: what the machine has',
  },
  threads: {
    type: wholeNumber(1).max(mostThreads, `${mostThreads} or fewer`).optional(),
    group: 'machine',
    decides: 'cost',
    about: `threads that compute, at most ${mostThreads}; as many as there are`,
  },
  distributed: {
    type: z.enum(['auto', 'mpi', 'none']).default('auto'),
    group: 'machine',
    decides: 'cost',
    about: 'ranks that train together; auto: those that mpirun started',
    isNew: true,
  },
  syncBatchnorm: {
    type: z.boolean().default(false),
    group: 'machine',
    decides: 'numbers',
    about: "BatchNorm's statistics over all ranks; else over each rank's part",
    isNew: true,
  },
  loaderThreads: {
    type: wholeNumber(0).max(mostThreads, `${mostThreads} or fewer`).default(0),
    group: 'machine',
    decides: 'cost',
    about: 'threads that prepare batches',
  },

  checkpointEvery: {
    type: wholeNumber(1).optional(),
    group: 'record',
    decides: 'cost',
    about: 'updates between checkpoints; the ends of epochs',
  },
  out: { type: z.string().default('runs'), group: 'record', decides: 'nothing', about: 'folder of all runs' },
  name: {
    type: z
      .string()
      .regex(/^[\w][\w.-]*$/, 'letters, digits, hyphens, dots')
      .optional(),
    group: 'record',
    decides: 'nothing',
    about: "name of the run's folder",
  },
} as const satisfies { readonly [name: string]: SettingRow }

type Rows = typeof runSettings

export type SettingName = keyof Rows

type NamesOf<Group extends SettingGroup> = {
  [Name in SettingName]: Rows[Name]['group'] extends Group ? Name : never
}[SettingName]

type ShapeOf<Names extends SettingName> = { [Name in Names]: Rows[Name]['type'] }

/** The row of an option; undefined for what is none of a run. */
export function settingNamed(name: string): SettingRow | undefined {
  return Object.hasOwn(runSettings, name) ? runSettings[name as SettingName] : undefined
}

/** What an option is where nobody says; undefined of one without a default. */
export function standardOf(row: SettingRow): unknown {
  return row.type.parse(undefined)
}

/** Options of a record, in the spellings of now. */
export function presentSpellings(options: { readonly [name: string]: unknown }): { [name: string]: unknown } {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      const renamed = settingNamed(name)?.renamed
      return [name, typeof value === 'string' && renamed && Object.hasOwn(renamed, value) ? renamed[value] : value]
    }),
  )
}

/** The options of some groups, as a schema's shape. */
export function settingsOfGroups<Group extends SettingGroup>(...groups: readonly Group[]): ShapeOf<NamesOf<Group>> {
  const rows = Object.entries<SettingRow>(runSettings).filter(([, { group }]) => groups.includes(group as Group))
  return Object.fromEntries(
    rows.map(([name, { type, about, group, renamed }]) => [
      name,
      type.meta({ description: about, group: settingGroups[group], ...(renamed ? { renamed } : {}) }),
    ]),
  ) as ShapeOf<NamesOf<Group>>
}

export const frameOptions = settingsOfGroups('frames')
export const machineOptions = settingsOfGroups('machine')

const configOption = { config: z.string().optional().describe('a JSON file with options; flags win') }

/** What a run's record keeps. */
export const recordedSchema = z.object({
  ...settingsOfGroups('network', 'learning', 'data', 'frames', 'machine', 'record'),
  ...configOption,
  resume: z.string().optional().describe('goes on with the run in this folder'),
})

/** The options of `spikelet train`. */
export const trainSchema = recordedSchema.extend({
  kernels: z.string().default('events').describe("events; auto: by what both cost here; or a run's kernels.json"),
  explainKernels: z.boolean().default(false).describe('prints which kernels each layer took, and why'),
})

const {
  neuron: _,
  neuronOptions: __,
  ...severalNeurons
} = settingsOfGroups('network', 'learning', 'data', 'frames', 'machine', 'record')

export const compareSchema = z.object({
  neurons: z.array(z.string()).min(1, 'one neuron or more').default(['lif', 'plif', 'clif']).describe('neurons'),
  seeds: wholeNumber(1).default(3).describe('runs per neuron, with other seeds'),
  ...severalNeurons,
  seed: wholeNumber(0).default(1).describe('first of the seeds'),
  ...configOption,
})

const numbers = (what: string) => z.array(z.number(what)).default([])
const { T: ___, bptt: ____, ...ofSweep } = severalNeurons

/** Where the runs of a sweep or of `reproduce` run. */
export const jobPlaceOptions = {
  on: z
    .enum(['here', 'slurm'])
    .default('here')
    .describe('where runs run: on this machine, or as an array job of Slurm'),
  slurm: z
    .string()
    .default('')
    .meta({ description: 'words for sbatch, such as "--partition=long --time=4:00:00"', takesFlags: true }),
  dryRun: z.boolean().default(false).describe('with --on slurm: prints the script, and submits nothing'),
}

export const sweepSchema = z.object({
  neurons: z.array(z.string()).min(1, 'one neuron or more').default(['lif', 'clif']).describe('neurons'),
  tau: numbers('numbers, with commas').describe("values of the neurons' constant tau, such as 1.5,2; its default"),
  T: z.array(wholeNumber(1)).min(1, 'one or more').default([4]).describe('numbers of time steps, such as 2,4,8'),
  bptt: z.array(wholeNumber(1)).default([]).describe('steps that gradients travel in time, such as 1,2,4; all'),
  vary: z
    .record(z.string(), z.array(z.union([z.number(), z.string(), z.boolean()])).min(1, 'one value or more'))
    .default({})
    .describe('values of any other option, such as \'{"lr":[0.05,0.1],"batch":[32,64]}\''),
  seeds: wholeNumber(1).default(3).describe('runs of each combination, with other seeds'),
  jobs: wholeNumber(1).default(1).describe('runs at once, each in a process of its own'),
  ...jobPlaceOptions,
  json: z.boolean().default(false).describe('prints the table as JSON'),
  ...ofSweep,
  seed: wholeNumber(0).default(1).describe('first of the seeds'),
  ...configOption,
})

/** The options of one training run. */
export type TrainingOptions = Omit<z.infer<typeof recordedSchema>, 'resume' | 'config' | 'name'>
