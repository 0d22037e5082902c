import { FormatError } from '../../base/index.ts'
import type { Events } from '../../formats/index.ts'
import { type Hdf5File, readHdf5, type readHdf5Here, unpackedLimit } from '../../formats/index.ts'
import { type DataFolder, openFolder, type Place, type StoredFile } from '../files.ts'
import type { EventSet } from './definition.ts'
import { contentHash } from './members-hash.ts'
import { missingFiles } from './missing-files.ts'
import type { RecordingSets, Recordings } from './recordings.ts'

/** Spoken digits: English, then German, as the files' own `extra/keys` has them. */
export const shdClasses = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'],
  ...['null', 'eins', 'zwei', 'drei', 'vier', 'fünf', 'sechs', 'sieben', 'acht', 'neun'],
]

/** What is read of a file. */
const parts = ['spikes/times', 'spikes/units', 'labels', 'extra/keys']

/** 700 channels of a model of the ear: a sensor one pixel high. */
const sensor = { width: 700, height: 1 }

/**
 * Spiking Heidelberg Digits: 8156 + 2264 spoken digits as spikes of 700 channels; every spike is an event with p = 1.
 * @param place folder with shd_train.h5 and shd_test.h5
 * @throws UsageError if a file is missing; FormatError if one is damaged
 * @see Cramer et al. 2020
 */
export async function shd(place: Place): Promise<RecordingSets> {
  return openShd(openFolder(place), readHdf5)
}

/** With the reader of HDF5 files that is named: tests read in their own thread. */
export async function openShd(folder: DataFolder, read: typeof readHdf5Here): Promise<RecordingSets> {
  const side = async (name: string): Promise<Recordings | undefined> => {
    const file = `shd_${name}.h5`
    const bytes = await folder.read(file)
    if (!bytes) return undefined
    const stored = { path: file, bytes: bytes.length, hash: contentHash(bytes) }
    return recordings(
      `shd ${name}`,
      folder,
      stored,
      await read(bytes, file, { bytes: Math.min(2 ** 31, unpackedLimit(bytes.length)), only: parts }),
    )
  }
  const [train, test] = [await side('train'), await side('test')]
  const missing = [...(train ? [] : ['shd_train.h5']), ...(test ? [] : ['shd_test.h5'])]
  if (!train || !test) throw missingFiles('shd', folder, missing, 2)
  if (train.classes.join() !== test.classes.join()) {
    throw new FormatError({
      what: 'the two files of SHD name other classes',
      place: `${folder.place}/shd_test.h5, extra/keys`,
      expected: train.classes.join(', ').slice(0, 200),
      got: test.classes.join(', ').slice(0, 200),
      next: 'Take both files from one place.',
    })
  }
  return { name: 'shd', train, test, split: 'official (shd_train.h5, shd_test.h5)', notes: [] }
}

function recordings(name: string, folder: DataFolder, stored: StoredFile, source: Hdf5File): Recordings {
  const file = stored.path
  const [times, units] = ['spikes/times', 'spikes/units'].map((path) => source.datasets.get(path)?.lists)
  const labels = source.datasets.get('labels')?.numbers
  if (!times || !units || !labels || labels.length !== times.length || labels.length !== units.length) {
    throw new FormatError({
      what: 'this HDF5 file is not one of SHD',
      place: `${file}, byte 0`,
      expected: 'spikes/times, spikes/units and labels of one length',
      got: [...source.datasets.keys()].join(', ').slice(0, 120),
    })
  }
  const classes = source.datasets.get('extra/keys')?.texts ?? shdClasses
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
    sensor,
    folder,
    members: ofRecordings.map((label, i) => ({ id: `${file} ${i}`, label, file: stored })),
    read: async (i) => eventsOf(times[i], units[i], `${file}, recording ${i}`),
  }
}

function eventsOf(seconds: ArrayLike<number | bigint>, units: ArrayLike<number | bigint>, place: string): Events {
  const { length } = seconds
  const t = Float64Array.from({ length }, (_, i) => Math.round(1e6 * Number(seconds[i])))
  const x = Uint16Array.from({ length }, (_, i) => Number(units[i]))
  if (units.length === length && t.every(Number.isFinite) && x.every((unit) => unit < sensor.width)) {
    return { ...sensor, t, x, y: new Uint16Array(length), p: new Uint8Array(length).fill(1) }
  }
  throw new FormatError({
    what: 'a recording of SHD is damaged',
    place,
    expected: `as many times as units, units below ${sensor.width}`,
    got: `${length} times, ${units.length} units`,
  })
}

export const shdSet: EventSet = {
  kind: 'events',
  about: 'spoken digits as spikes of 700 channels, 8156 + 2264',
  classes: shdClasses,
  sensor,
  open: shd,
  recipe: {
    files: ['shd_train.h5', 'shd_test.h5'].map((name) => ({
      name: `${name}.gz`,
      urls: [`https://zenkelab.org/datasets/${name}.gz`],
      size: 130_000_000,
      unpack: 'gz' as const,
    })),
    licence: 'CC BY 4.0',
  },
}
