import { UsageError } from '../base/index.ts'
import { type Datasets, datasetNames, encoders } from '../data/index.ts'
import { defaultBackend } from '../hosts/node/index.ts'
import type { Network } from '../nn/index.ts'
import { type Evaluation, evaluate, loadCheckpoint } from '../train/index.ts'
import { backendOptions } from './backend-options.ts'
import type { Environment } from './environment.ts'
import { frameChoiceOf } from './frames.ts'
import { openImages } from './images.ts'
import type { Progress } from './progress.ts'
import { readNamed } from './read-named.ts'
import type { TrainingOptions } from './run-settings.ts'
import { pause } from './trainer-options.ts'
import { checkpointTraining, recordedLoss, sizesOf } from './training-record.ts'

/** What decides how a checkpoint is judged; what is left out is as it was trained. */
export interface JudgeOptions extends Pick<TrainingOptions, 'backend' | 'precision' | 'simd' | 'loaderThreads'> {
  readonly T?: number | undefined
  readonly batch: number
  readonly data?: string | undefined
  readonly limit?: number | undefined
  readonly sensor?: string | undefined
  readonly layout?: string | undefined
  readonly cache?: string | undefined
  readonly threads?: number | undefined
}

/** What judging needs of whoever asks. */
export interface JudgeSurroundings {
  readonly env: Environment
  readonly progress: Progress
  /** Seconds. */
  clock(): number
  /** Hears what a reader of the result must know of the data. */
  note(line: string): void
}

/**
 * Judges the network of a checkpoint by the test images of a data set.
 * @param request `change`: what is done to the network before
 */
export async function judgeCheckpoint(
  request: {
    readonly file: string
    /** Default: that of its training. */
    readonly dataset: string | undefined
    readonly options: JudgeOptions
    readonly change?: (network: Network) => Promise<void>
  },
  around: JudgeSurroundings,
): Promise<{ net: Network; evaluation: Evaluation; datasets: Datasets; T: number }> {
  const { file, dataset, options } = request
  const { net, training } = loadCheckpoint(await readNamed(file), { file })
  const known = checkpointTraining(training, file)
  await request.change?.(net)
  const { datasets, T } = await judgedImages({ known, dataset, options, file }, around)
  const { threads, ...rest } = options
  const backend = await defaultBackend(backendOptions({ ...rest, ...(threads === undefined ? {} : { threads }) }))
  try {
    const evaluation = await evaluate(net, datasets.test, {
      backend,
      host: { clock: around.clock, pause },
      T,
      batch: options.batch,
      encode: datasets.test.steps === undefined ? (known.encode ?? encoders.direct) : encoders.frames,
      loss: recordedLoss(known, file),
      transforms: known.transforms,
      loaderThreads: options.loaderThreads,
    })
    for (const note of datasets.notes) around.note(`${datasets.name}: ${note}`)
    return { net, evaluation, datasets, T }
  } finally {
    await backend.close()
  }
}

/** The images that a checkpoint's network is judged by, and how many steps it is shown each. */
export async function judgedImages(
  request: {
    readonly known: ReturnType<typeof checkpointTraining>
    readonly dataset: string | undefined
    readonly options: Partial<JudgeOptions>
    readonly file: string
  },
  around: Pick<JudgeSurroundings, 'env' | 'progress'>,
): Promise<{ datasets: Datasets; T: number }> {
  const { known, dataset, options, file } = request
  if (dataset === undefined && !(datasetNames as readonly string[]).includes(known.dataset)) {
    throw new UsageError({
      what: `this network was trained on '${known.dataset}', a data set of a program`,
      place: file,
      expected: datasetNames.join(', '),
      got: `'${known.dataset}'`,
      next: 'Name one of these behind the checkpoint, or judge the network in that program, with evaluate().',
    })
  }
  const T = options.T ?? known.T
  const sizes = dataset === undefined || dataset === known.dataset ? sizesOf(known) : {}
  const choice = { ...sizes, ...given(options), ...frameChoiceOf(known.frames), T }
  const datasets = await openImages(dataset ?? known.dataset, choice, around)
  return { datasets, T }
}

/** Without options that nobody gave. */
function given<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Options>
}
