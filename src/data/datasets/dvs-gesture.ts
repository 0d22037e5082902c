import { FormatError } from '../../base/index.ts'
import { type Events, eventsWhere, readAedat3 } from '../../formats/index.ts'
import { type DataFolder, openFolder, type Place, type StoredFile } from '../files.ts'
import type { EventSet } from './definition.ts'
import { listFolder, readListed, storedFile } from './folder-sets.ts'
import { missingFiles } from './missing-files.ts'
import type { RecordingSets, Recordings } from './recordings.ts'

/** The gestures by their numbers, 1 to 11. */
export const gestureClasses = [
  'hand clapping',
  'right hand wave',
  'left hand wave',
  'right arm clockwise',
  'right arm counter clockwise',
  'left arm clockwise',
  'left arm counter clockwise',
  'arm roll',
  'air drums',
  'air guitar',
  'other gestures',
]

const size = { width: 128, height: 128 }

interface Gesture {
  readonly file: StoredFile
  readonly label: number
  readonly startUs: number
  readonly endUs: number
}

/**
 * DVS128 Gesture: AEDAT 3.1 files with several gestures each, whose times stand in NAME_labels.csv; the official split by
 * trials_to_train.txt and trials_to_test.txt, 1176 and 288 gestures.
 * @throws UsageError if the lists, or a file they name, are missing; FormatError if a file is damaged
 * @see Amir et al. 2017
 */
export async function dvsGesture(place: Place): Promise<RecordingSets> {
  const folder = openFolder(place)
  const found = new Map(((await listFolder(folder, '')) ?? []).map((entry) => [entry.name, storedFile('', entry)]))
  const train = await gesturesOf(folder, 'trials_to_train.txt', found)
  const test = await gesturesOf(folder, 'trials_to_test.txt', found)
  const whole = train.length === 1176 && test.length === 288
  return {
    name: 'dvs-gesture',
    train: recordings('dvs-gesture train', folder, train),
    test: recordings('dvs-gesture test', folder, test),
    split: 'official (trials_to_train.txt, trials_to_test.txt)',
    notes: whole ? [] : [`a part: ${train.length} of 1176 and ${test.length} of 288 gestures`],
  }
}

async function gesturesOf(folder: DataFolder, list: string, found: Map<string, StoredFile>): Promise<Gesture[]> {
  const bytes = await folder.read(list)
  if (!bytes) throw missingFiles('dvs-gesture', folder, [list], 2)
  const names = new TextDecoder()
    .decode(bytes)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const gestures: Gesture[] = []
  for (const name of names) {
    const labels = name.replace(/\.aedat$/, '_labels.csv')
    const rows = await folder.read(labels)
    const file = found.get(name)
    if (!rows || !file) throw missingFiles('dvs-gesture', folder, [file ? labels : name], 2)
    gestures.push(...readGestureLabels(rows, labels).map((row) => ({ ...row, file })))
  }
  return gestures
}

/**
 * Reads a gesture file's labels: a line of names, then class (1 to 11), start and end in microseconds.
 * @throws FormatError naming the line that is damaged
 */
export function readGestureLabels(
  bytes: Uint8Array,
  file = 'labels',
): { label: number; startUs: number; endUs: number }[] {
  const lines = new TextDecoder().decode(bytes).split('\n')
  return lines.slice(1).flatMap((line, i) => {
    if (line.trim() === '') return []
    const [label, startUs, endUs, ...more] = line.split(',').map(Number)
    const fits =
      Number.isInteger(label) && label >= 1 && label <= gestureClasses.length && startUs >= 0 && endUs >= startUs
    if (fits && more.length === 0) return [{ label: label - 1, startUs, endUs }]
    throw new FormatError({
      what: 'a gesture label is damaged',
      place: `${file}, line ${i + 2}`,
      expected: `class 1 to ${gestureClasses.length}, start, end`,
      got: `'${line.trim().slice(0, 60)}'`,
    })
  })
}

/** Gestures of one file come one after the other: the file that was read last is kept. */
function recordings(name: string, folder: DataFolder, gestures: readonly Gesture[]): Recordings {
  const kept: { file?: string; events?: Promise<Events> } = {}
  const load = async (file: string) => readAedat3(await readListed(folder, file), { file, size }).events
  return {
    name,
    classes: gestureClasses,
    sensor: size,
    folder,
    members: gestures.map(({ file, startUs, endUs, label }) => ({
      id: `${file.path} ${startUs}-${endUs}`,
      label,
      file,
    })),
    async read(i) {
      const { file, startUs, endUs } = gestures[i]
      if (kept.file !== file.path) Object.assign(kept, { file: file.path, events: load(file.path) })
      const events = (await kept.events) as Events
      return eventsWhere(events, (k) => events.t[k] >= startUs && events.t[k] < endUs)
    },
  }
}

export const dvsGestureSet: EventSet = {
  kind: 'events',
  about: 'gestures before an event camera, 128x128, 1176 + 288',
  classes: gestureClasses,
  sensor: size,
  open: dvsGesture,
  recipe: {
    files: [],
    byHand:
      'DvsGesture.tar.gz from https://ibm.ent.box.com/s/3hiq58ww1pbbjrinh367ykfdf60xsfm8 (a page that asks you first); ' +
      'unpack it, so that trials_to_train.txt, trials_to_test.txt and the .aedat files lie in the folder',
    licence: 'CC BY 4.0',
  },
}
