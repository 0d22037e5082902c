import { eventFileKinds, summariseEvents } from '../../formats/index.ts'
import {
  type Dataset,
  type DatasetName,
  isImageSet,
  linesHash,
  memberLines,
  membersHash,
  openDataset,
  openRecordings,
  type RecordingOptions,
  type Recordings,
} from '../datasets/index.ts'
import { type DataFolder, type FolderEntry, listedIn, openFolder, type Place } from '../files.ts'

/** What one side of a data set holds, as JSON. */
export interface SideInspection {
  readonly records: number
  readonly members: string
  /** [H, W, C] of images; [H, W] of a sensor. */
  readonly shape: readonly number[]
  readonly classes: Readonly<Record<string, number>>
  readonly recordings?: RecordingStatistics
}

/** Events of all recordings of a side. */
export interface RecordingStatistics {
  readonly events: number
  readonly brighter: number
  readonly darker: number
  /** Of one recording: fewest, mean and most events. */
  readonly eventsEach: readonly [least: number, mean: number, most: number]
  /** Of one recording, microseconds: shortest, mean and longest. */
  readonly durationUs: readonly [least: number, mean: number, most: number]
}

export interface FolderInspection {
  readonly folder: string
  readonly dataset: string
  readonly split: string | null
  readonly train: SideInspection
  readonly test: SideInspection
  readonly notes: readonly string[]
}

/** A file or folder by which a data set's folder is known. */
const marks: readonly (readonly [dataset: DatasetName, marks: readonly RegExp[]])[] = [
  ['cifar10', [/^test_batch(\.bin)?$/]],
  ['cifar100', [/^fine_label_names\.txt$|^train\.bin$/, /^test\.bin$/]],
  ['tiny-imagenet', [/^wnids\.txt$/]],
  ['dvs-gesture', [/^trials_to_train\.txt$/]],
  ['shd', [/^shd_train\.h5$/]],
  ['ssc', [/^ssc_train\.h5$/]],
  ['n-caltech101', [/^Caltech101$/i]],
  ['fashion-mnist', [/^train-images-idx3-ubyte(\.gz)?$/]],
  ['dvs-cifar10', [/^airplane$/, /^truck$/]],
]

/**
 * Which data set a folder holds, by its files: MNIST and Fashion-MNIST have equal names, and count as the latter.
 * @returns undefined where it looks like none
 */
export async function datasetIn(place: Place): Promise<DatasetName | undefined> {
  const folder = openFolder(place)
  const entries = await entriesIn(folder, '')
  const has = (mark: RegExp) => entries.some(({ name }) => mark.test(name))
  const known = marks.find(([, all]) => all.every(has))
  if (known && (known[0] !== 'dvs-cifar10' || (await endings(folder, 2)).has('.aedat'))) return known[0]
  const readable = /\.(bin|aedat4?|np[yz]|csv|png|jpe?g|mat|h5|gz)$/i
  if (entries.some(({ name, isFolder }) => !isFolder && readable.test(name))) return undefined
  const found = await endings(folder, 3)
  const digits = await entriesIn(folder, 'Train')
  if (found.has('.bin') && digits.length > 0 && digits.every(({ name }) => /^\d$/.test(name)) && has(/^Test$/)) {
    return 'n-mnist'
  }
  if (['.png', '.jpg', '.jpeg'].some((ending) => found.has(ending))) return 'image-folder'
  if (eventFileKinds.some((ending) => found.has(ending))) return 'event-folder'
  return undefined
}

async function entriesIn(folder: DataFolder, path: string): Promise<FolderEntry[]> {
  return (folder.list && (await listedIn(folder as Required<DataFolder>, path))) ?? []
}

/** How names end in a folder and those below it, from the first few of each. */
async function endings(folder: DataFolder, depth: number, path = ''): Promise<Set<string>> {
  const found = new Set<string>()
  const entries = await entriesIn(folder, path)
  const folders = entries.filter(({ isFolder }) => isFolder).slice(0, 4)
  for (const { name } of entries.filter(({ isFolder }) => !isFolder).slice(0, 50)) {
    if (path !== '') found.add(/\.[^.]*$/.exec(name)?.[0].toLowerCase() ?? '')
  }
  if (depth === 0) return found
  for (const { name } of folders) {
    for (const ending of await endings(folder, depth - 1, path === '' ? name : `${path}/${name}`)) found.add(ending)
  }
  return found
}

/**
 * Reads all of a data set, and counts.
 * @param options.most recordings of each side that are read for their events; default all
 * @throws UsageError if files are missing; FormatError if one is damaged
 */
export async function inspectFolder(
  name: string,
  place: Place,
  options: RecordingOptions & { most?: number; progress?: (done: number, total: number) => void } = {},
): Promise<FolderInspection> {
  const folder = openFolder(place)
  const { most = Number.POSITIVE_INFINITY, progress = () => {}, ...reading } = options
  if (isImageSet(name)) {
    const { train, test, notes, split = null } = await openDataset(name, folder)
    return { folder: folder.place, dataset: name, split, train: imageSide(train), test: imageSide(test), notes }
  }
  const { train, test, split, notes } = await openRecordings(name, folder, reading)
  const total = [train, test].reduce((sum, { members }) => sum + Math.min(most, members.length), 0)
  let done = 0
  const step = () => progress(++done, total)
  return {
    folder: folder.place,
    dataset: name,
    split,
    train: await recordingSide(train, most, step),
    test: await recordingSide(test, most, step),
    notes,
  }
}

function imageSide(dataset: Dataset): SideInspection {
  const labels = Array.from({ length: dataset.length }, (_, i) => dataset.label(i))
  return {
    records: dataset.length,
    members: membersHash(dataset),
    shape: dataset.shape,
    classes: classCounts(dataset.classes, labels),
  }
}

async function recordingSide(recordings: Recordings, most: number, step: () => void): Promise<SideInspection> {
  const { members, classes, sensor } = recordings
  const count = Math.min(most, members.length)
  const each: number[] = []
  const durations: number[] = []
  let brighter = 0
  for (let i = 0; i < count; i++) {
    const summary = summariseEvents(await recordings.read(i))
    each.push(summary.events)
    durations.push(summary.durationUs)
    brighter += summary.brighter
    step()
  }
  const events = each.reduce((sum, one) => sum + one, 0)
  return {
    records: members.length,
    members: linesHash(await memberLines(recordings)),
    shape: [sensor.height, sensor.width],
    classes: classCounts(
      classes,
      members.map(({ label }) => label),
    ),
    recordings: {
      events,
      brighter,
      darker: events - brighter,
      eventsEach: range(each),
      durationUs: range(durations),
    },
  }
}

function range(values: readonly number[]): [number, number, number] {
  if (values.length === 0) return [0, 0, 0]
  const sum = values.reduce((total, value) => total + value, 0)
  const least = values.reduce((a, b) => Math.min(a, b))
  const largest = values.reduce((a, b) => Math.max(a, b))
  return [least, Math.round(sum / values.length), largest]
}

function classCounts(classes: readonly string[], labels: readonly number[]): Record<string, number> {
  const counts = new Uint32Array(classes.length)
  for (const label of labels) counts[label]++
  return Object.fromEntries(classes.map((name, k) => [name, counts[k]]))
}
