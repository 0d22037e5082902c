import { FormatError } from '../../base/index.ts'
import type { Events } from '../../formats/index.ts'
import { type Hdf5File, readHdf5, type readHdf5Here, unpackedLimit } from '../../formats/index.ts'
import type { DataFolder, StoredFile } from '../files.ts'
import { lastOf } from './limit.ts'
import { contentHash } from './members-hash.ts'
import { missingFiles } from './missing-files.ts'
import type { RecordingSets, Recordings } from './recordings.ts'

/** A data set of spoken words as spikes of a model of the ear, in an HDF5 file a side. */
export interface SpokenSet {
  readonly name: string
  /** Used where the files do not name their classes. */
  readonly classes: readonly string[]
  /** Files of the sides; the validation samples are learned from too, unless they choose the epoch. */
  readonly files: { readonly train: string; readonly validation?: string; readonly test: string }
}

/** What is read of a file. */
const parts = ['spikes/times', 'spikes/units', 'labels', 'extra/keys']

/** 700 channels of a model of the ear: a sensor one pixel high. */
export const earSensor = { width: 700, height: 1 }

/**
 * Opens such a set; every spike is an event with p = 1.
 * @param read the reader of HDF5 files: tests read in their own thread
 * @throws UsageError if a file is missing; FormatError if one is damaged
 */
export async function openSpoken(
  set: SpokenSet,
  folder: DataFolder,
  read: typeof readHdf5Here = readHdf5,
): Promise<RecordingSets> {
  const { name, files } = set
  const side = async (kind: string, file: string): Promise<Recordings | undefined> => {
    const bytes = await folder.read(file)
    if (!bytes) return undefined
    const stored = { path: file, bytes: bytes.length, hash: contentHash(bytes) }
    const limits = { bytes: Math.min(2 ** 31, unpackedLimit(bytes.length)), only: parts }
    return recordings(`${name} ${kind}`, set, { folder, stored }, await read(bytes, file, limits))
  }
  const [train, test] = [await side('train', files.train), await side('test', files.test)]
  const validation = files.validation === undefined ? undefined : await side('validation', files.validation)
  const wanted = Object.entries(files)
  const there = { train, validation, test }
  const missing = wanted.filter(([kind]) => !there[kind as keyof typeof there]).map(([, file]) => file)
  if (!train || !test || missing.length > 0) throw missingFiles(name, folder, missing, wanted.length)
  for (const [kind, other] of [
    ['validation', validation],
    ['test', test],
  ] as const) {
    if (!other || train.classes.join() === other.classes.join()) continue
    throw new FormatError({
      what: `the files of ${name} name other classes`,
      place: `${folder.place}/${files[kind]}, extra/keys`,
      expected: train.classes.join(', ').slice(0, 200),
      got: other.classes.join(', ').slice(0, 200),
      next: 'Take all files from one place.',
    })
  }
  return {
    name,
    train: validation ? joined(train, validation) : train,
    test,
    ...(validation ? { validation: lastOf(train.members.length, validation.members.length) } : {}),
    split: `official (${wanted.map(([, file]) => file).join(', ')})`,
    notes: [],
  }
}

/** Recordings of two files, one after the other. */
function joined(first: Recordings, second: Recordings): Recordings {
  const { length } = first.members
  return {
    ...first,
    members: [...first.members, ...second.members],
    read: (i) => (i < length ? first.read(i) : second.read(i - length)),
  }
}

function recordings(
  name: string,
  set: SpokenSet,
  { folder, stored }: { readonly folder: DataFolder; readonly stored: StoredFile },
  source: Hdf5File,
): Recordings {
  const file = stored.path
  const [times, units] = ['spikes/times', 'spikes/units'].map((path) => source.datasets.get(path)?.lists)
  const labels = source.datasets.get('labels')?.numbers
  if (!times || !units || !labels || labels.length !== times.length || labels.length !== units.length) {
    throw new FormatError({
      what: `this HDF5 file is not one of ${set.name}`,
      place: `${file}, byte 0`,
      expected: 'spikes/times, spikes/units and labels of one length',
      got: [...source.datasets.keys()].join(', ').slice(0, 120),
    })
  }
  const classes = source.datasets.get('extra/keys')?.texts ?? set.classes
  const ofRecordings = Array.from(labels as ArrayLike<number | bigint>, Number)
  const wrong = ofRecordings.findIndex((label) => !(label >= 0 && label < classes.length))
  if (wrong >= 0) {
    throw new FormatError({
      what: `label ${ofRecordings[wrong]} of ${classes.length} classes`,
      place: `${file}, labels[${wrong}]`,
      expected: `0 to ${classes.length - 1}`,
      got: String(ofRecordings[wrong]),
    })
  }
  return {
    name,
    classes,
    sensor: earSensor,
    folder,
    members: ofRecordings.map((label, i) => ({ id: `${file} ${i}`, label, file: stored })),
    read: async (i) => eventsOf(times[i], units[i], `${file}, recording ${i}`),
  }
}

function eventsOf(seconds: ArrayLike<number | bigint>, units: ArrayLike<number | bigint>, place: string): Events {
  const { length } = seconds
  const t = Float64Array.from({ length }, (_, i) => Math.round(1e6 * Number(seconds[i])))
  const x = Uint16Array.from({ length }, (_, i) => Number(units[i]))
  if (units.length === length && t.every(Number.isFinite) && x.every((unit) => unit < earSensor.width)) {
    return { ...earSensor, t, x, y: new Uint16Array(length), p: new Uint8Array(length).fill(1) }
  }
  throw new FormatError({
    what: 'a recording of spikes is damaged',
    place,
    expected: `as many times as units, units below ${earSensor.width}`,
    got: `${length} times, ${units.length} units`,
  })
}
