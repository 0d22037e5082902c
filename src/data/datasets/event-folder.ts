import { type ErrorParts, UsageError } from '../../base/index.ts'
import type { SensorSize } from '../../formats/index.ts'
import { eventFileKinds, readEventFile, tellsSensor } from '../../formats/index.ts'
import { type DataFolder, openFolder, type Place } from '../files.ts'
import { sidesOf } from './class-sides.ts'
import type { EventFolderOptions, EventSet } from './definition.ts'
import { type ReadFile, recordingsOf } from './folder-recordings.ts'
import { type ClassFile, readListed } from './folder-sets.ts'
import { lastOf } from './limit.ts'
import type { RecordingSets, Recordings } from './recordings.ts'

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

export const eventFolderSet: EventSet = {
  kind: 'events',
  about: 'your own recordings of an event camera, a folder per class',
  classes: [],
  open: eventFolder,
}
