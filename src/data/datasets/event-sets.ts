import { type ErrorParts, UsageError } from '../../base/index.ts'
import type { Events, SensorSize } from '../../formats/index.ts'
import { eventFileKinds, readAedat2, readEventBin, readEventFile, tellsSensor } from '../../formats/index.ts'
import { type DataFolder, openFolder, type Place } from '../files.ts'
import { cifar10Classes } from './cifar.ts'
import { sidesOf } from './class-sides.ts'
import { type ClassFile, classFiles, folderNamed, readListed } from './folder-sets.ts'
import { lastOf } from './limit.ts'
import { missingFiles } from './missing-files.ts'
import { digits } from './mnist.ts'
import type { RecordingSets, Recordings } from './recordings.ts'

type ReadFile = (bytes: Uint8Array, file: string) => Events | Promise<Events>

function recordingsOf(
  name: string,
  classes: readonly string[],
  sensor: SensorSize,
  { folder, files, read }: { folder: DataFolder; files: readonly ClassFile[]; read: ReadFile },
): Recordings {
  return {
    name,
    classes,
    sensor,
    folder,
    members: files.map(({ label, ...file }) => ({ id: file.path, label, file })),
    read: async (i) => read(await readListed(folder, files[i].path), files[i].path),
  }
}

/**
 * N-MNIST: digits before a moving event camera, 34x34, in the official folders Train and Test with a folder per digit.
 * @throws UsageError if a folder is missing
 * @see Orchard et al. 2015
 */
export async function nMnist(place: Place): Promise<RecordingSets> {
  const folder = openFolder(place)
  const size = { width: 34, height: 34 }
  const side = async (spelling: string): Promise<Recordings | undefined> => {
    const found = await folderNamed(folder, [spelling])
    const files = found === undefined ? [] : await classFiles(folder, found, digits, (name) => name.endsWith('.bin'))
    const read: ReadFile = (bytes, file) => readEventBin(bytes, { file, size })
    return files.length === 0 ? undefined : recordingsOf(`n-mnist ${spelling}`, digits, size, { folder, files, read })
  }
  const [train, test] = [await side('train'), await side('test')]
  const missing = [...(train ? [] : ['Train/<digit>/*.bin']), ...(test ? [] : ['Test/<digit>/*.bin'])]
  if (!train || !test) throw missingFiles('n-mnist', folder, missing, 2)
  const whole = train.members.length === 60_000 && test.members.length === 10_000
  const notes = whole ? [] : [`a part: ${train.members.length} of 60000 and ${test.members.length} of 10000 recordings`]
  return { name: 'n-mnist', train, test, split: 'official', notes }
}

/**
 * CIFAR10-DVS: a folder per class with AEDAT 2 files, 128x128. There is no official split; as in published code, the
 * first 900 recordings of each class, by number, are for training and the last 100 for tests.
 * @throws UsageError if a class is missing
 * @see Li et al. 2017
 */
export async function dvsCifar10(place: Place): Promise<RecordingSets> {
  const folder = openFolder(place)
  const size = { width: 128, height: 128 }
  const all = await classFiles(folder, '', cifar10Classes, (name) => name.endsWith('.aedat'))
  const lists = cifar10Classes.map((_, label) => all.filter((file) => file.label === label))
  const missing = cifar10Classes.filter((_, label) => lists[label].length === 0).map((name) => `${name}/*.aedat`)
  if (missing.length > 0) throw missingFiles('dvs-cifar10', folder, missing, 10)
  const read: ReadFile = (bytes, file) => readAedat2(bytes, { file, layout: 'cifar10-dvs' })
  const cut = lists.map((files) => Math.min(files.length - 1, Math.max(1, Math.round(0.9 * files.length))))
  const part = (side: string, files: ClassFile[]) =>
    recordingsOf(`dvs-cifar10 ${side}`, cifar10Classes, size, { folder, files, read })
  const whole = lists.every((files) => files.length === 1000)
  return {
    name: 'dvs-cifar10',
    train: part(
      'train',
      lists.flatMap((files, label) => files.slice(0, cut[label])),
    ),
    test: part(
      'test',
      lists.flatMap((files, label) => files.slice(cut[label])),
    ),
    split: 'first 90 % of each class for training, last 10 % for tests',
    notes: whole ? [] : [`a part: ${all.length} of 10000 recordings`],
  }
}

/** What asks for the size of a sensor that no file tells. */
export class SensorSizeError extends UsageError {
  override name = 'SensorSizeError'
  /** The smallest sensor that has every event. */
  readonly least: SensorSize

  constructor(parts: ErrorParts, least: SensorSize) {
    super(parts)
    this.least = least
  }
}

const recordingKind = { name: 'recordings', endings: eventFileKinds }

export interface EventFolderOptions {
  /**
   * The sensor's size. Default: what the first recording's format says; where it says nothing, an error asks for it.
   * `measured`: the smallest that has every event, for which all recordings are read.
   */
  readonly sensor?: SensorSize | 'measured'
  /** Address layout of AEDAT 2 files. */
  readonly layout?: string
}

/**
 * Your own recordings: a folder per class, of any event format, or of these below `train` and `test`, with `val` for
 * validation. Without those, every tenth recording of each class is for tests.
 * @throws UsageError if there are no recordings, or the two sides have other classes; SensorSizeError if nothing tells the
 * size of the sensor
 */
export async function eventFolder(place: Place, options: EventFolderOptions = {}): Promise<RecordingSets> {
  const folder = openFolder(place)
  const { layout } = options
  const { train, validation, test, classes, split, notes } = await sidesOf(folder, recordingKind)
  const sensor = await sensorOf(folder, [...train, ...validation, ...test], options)
  const read: ReadFile = async (bytes, file) => {
    const events = await readEventFile(bytes, file, { size: sensor, ...(layout === undefined ? {} : { layout }) })
    if (events.width <= sensor.width && events.height <= sensor.height) return { ...events, ...sensor }
    throw new SensorSizeError(
      {
        what: 'a recording is of a larger sensor than the others',
        place: file,
        expected: `at most ${sensor.width}x${sensor.height}`,
        got: `${events.width}x${events.height}`,
        next: 'Name the size of the largest sensor (option `sensor`).',
      },
      events,
    )
  }
  const part = (side: string, files: readonly ClassFile[]): Recordings => ({
    ...recordingsOf(`event-folder ${side}`, classes, sensor, { folder, files, read }),
    ...(layout === undefined ? {} : { reading: `layout ${layout}` }),
  })
  return {
    name: 'event-folder',
    train: part('train', [...train, ...validation]),
    test: part('test', test),
    ...(validation.length > 0 ? { validation: lastOf(train.length, validation.length) } : {}),
    sensor,
    split,
    notes: [...notes, ...(options.sensor === 'measured' ? [measuredNote(sensor)] : [])],
  }
}

function measuredNote({ width, height }: SensorSize): string {
  return `all events lie on ${width}x${height} pixels; the sensor may be larger, and training wants its size`
}

async function sensorOf(
  folder: DataFolder,
  files: readonly ClassFile[],
  { sensor, layout }: EventFolderOptions,
): Promise<SensorSize> {
  if (sensor !== undefined && sensor !== 'measured') return sensor
  const reading = layout === undefined ? {} : { layout }
  const first = await readListed(folder, files[0].path)
  if (sensor === undefined && tellsSensor(first)) {
    const { width, height } = await readEventFile(first, files[0].path, reading)
    return { width, height }
  }
  let [width, height] = [1, 1]
  for (const { path } of files) {
    const events = await readEventFile(await readListed(folder, path), path, reading)
    width = Math.max(width, events.width)
    height = Math.max(height, events.height)
  }
  if (sensor === 'measured') return { width, height }
  throw new SensorSizeError(
    {
      what: 'these recordings do not say how large their sensor is',
      place: folder.place,
      expected: `its width and height, at least ${width}x${height}, where the events lie`,
      got: 'none',
      next: 'Name the size of the camera (option `sensor`).',
    },
    { width, height },
  )
}
