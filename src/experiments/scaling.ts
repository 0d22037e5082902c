import type { PlannedRun, Replacement, RunSettings, Scale } from './experiment.ts'
import { firstSeed, type Task } from './tasks.ts'

/** What stands in for a data set that is not there, where the scale allows it. */
const standIns: { readonly [dataset: string]: string } = {
  cifar10: 'fashion-mnist',
  'dvs-gesture': 'n-mnist',
  'dvs-cifar10': 'n-mnist',
}

/** Comes with Spikelet. */
const always = 'fashion-mnist'

const eventSets = ['n-mnist', 'dvs-gesture', 'dvs-cifar10']

type Change = Partial<RunSettings>

/** What a scale makes of the paper's settings. The networks of events are narrow: frames are dense in the first layer. */
const shrunk: { readonly [scale in Exclude<Scale, 'full'>]: { readonly images: Change; readonly events: Change } } = {
  small: {
    images: { model: 'snn5', epochs: 10, batch: 128, dropout: 0, limit: 20_000 },
    events: { model: 'snn3', epochs: 12, batch: 50, dropout: 0, lr: 0.1 },
  },
  evening: {
    images: { model: 'snn5', epochs: 10, batch: 128, dropout: 0, limit: 10_000 },
    events: { model: 'snn3', epochs: 12, batch: 50, dropout: 0, lr: 0.1 },
  },
  smoke: {
    images: { model: 'snn5', epochs: 4, batch: 32, dropout: 0, limit: 500 },
    events: { model: 'snn3', epochs: 4, batch: 25, dropout: 0, limit: 250, lr: 0.1 },
  },
}

/** What an evening takes for the paper's question itself: all images, and the paper's augmentation. */
export const wholeCifar10 = { epochs: 12, limit: undefined, augment: ['crop', 'flip', 'cutout'] } as const

/** Models that a scale leaves as they are. */
const alreadySmall = ['snn3', 'snn5']

export interface ScaledRun {
  readonly run: PlannedRun
  readonly replaced: readonly Replacement[]
}

/** What a row asks for beside its task. */
export interface RowChange extends Change {
  readonly neuron: string
}

/**
 * A run of a task at a scale, and everything in which it differs from the paper's.
 * @param smaller what an experiment has of its own for scales below the paper's
 * @returns why there is none, where the data set is absent and nothing may stand in for it
 */
export function scaledRun(
  task: Task,
  change: RowChange,
  options: {
    readonly scale: Scale
    readonly smaller?: Change
    readonly has: (dataset: string) => boolean
    readonly seed?: number
  },
): ScaledRun | { readonly missing: string } {
  const { scale, smaller = {}, has, seed = firstSeed } = options
  const dataset = datasetFor(task.dataset, scale, has)
  if (dataset === undefined) return { missing: `${task.dataset} is not there: npx spikelet data get ${task.dataset}` }
  const published: RunSettings = { ...task.settings, ...change, seed }
  const settings = scale === 'full' ? published : { ...shrink(published, dataset, scale), ...smaller }
  const replaced = [
    ...(scale === 'full' ? (task.replaced ?? []) : []),
    ...(dataset === task.dataset ? [] : [{ what: 'data set', paper: task.title, here: dataset }]),
    ...differences(task, published, settings),
  ]
  return { run: { dataset, settings }, replaced }
}

function datasetFor(name: string, scale: Scale, has: (dataset: string) => boolean): string | undefined {
  if (has(name)) return name
  const standIn = scale === 'full' ? undefined : standIns[name]
  return standIn !== undefined && (standIn === always || has(standIn)) ? standIn : undefined
}

function shrink(published: RunSettings, dataset: string, scale: Exclude<Scale, 'full'>): RunSettings {
  const isEvents = eventSets.includes(dataset)
  const { model, ...rest } = shrunk[scale][isEvents ? 'events' : 'images']
  const { frameSize: _, ...plain } = published
  return {
    ...plain,
    ...rest,
    model: alreadySmall.includes(published.model) ? published.model : (model ?? published.model),
    augment: scale === 'smoke' ? [] : published.augment.filter((name) => name !== 'cutout'),
    ...(isEvents && dataset !== 'n-mnist' ? { frameSize: '34x34' } : {}),
    ...(published.exchange ? { exchange: moved(published.exchange, published.epochs, rest.epochs as number) } : {}),
  }
}

/** Exchanges of neurons at the same share of a shorter run. */
function moved(exchange: readonly string[], from: number, to: number): string[] {
  return exchange.map((text) => {
    const [epoch, neuron] = [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)]
    return `${1 + Math.round(((Number(epoch) - 1) * to) / from)}:${neuron}`
  })
}

type Text = (settings: RunSettings) => string

/** What readers are told of, and how it reads. */
const fields: readonly (readonly [what: string, text: Text])[] = [
  ['network', ({ model }) => model],
  ['time steps', ({ T }) => `T = ${T}`],
  ['images', ({ limit }) => (limit === undefined ? 'all' : `at most ${limit} to learn from, and to judge by`)],
  ['epochs', ({ epochs }) => String(epochs)],
  ['batch', ({ batch }) => String(batch)],
  ['learning rate', ({ lr }) => String(lr)],
  ['dropout', ({ dropout }) => String(dropout)],
  ['augmentation', ({ augment }) => augment.join(', ') || 'none'],
  ['size of frames', ({ frameSize }) => frameSize ?? 'as recorded'],
]

function differences(task: Task, published: RunSettings, here: RunSettings): Replacement[] {
  return fields.flatMap(([what, text]) => {
    const [paper, now] = [text(published), text(here)]
    return paper === now ? [] : [{ what: `${what}, ${task.title}`, paper, here: now }]
  })
}
