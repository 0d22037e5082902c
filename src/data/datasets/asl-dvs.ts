import { readEventMat } from '../../formats/index.ts'
import { openFolder, type Place } from '../files.ts'
import type { EventSet } from './definition.ts'
import { type ReadFile, recordingsOf } from './folder-recordings.ts'
import { type ClassFile, classFiles, firstOfEach } from './folder-sets.ts'
import { missingFiles } from './missing-files.ts'
import type { RecordingSets } from './recordings.ts'

/** Letters that are shown by a hand at rest; j and z need a movement. */
export const aslClasses = [...'abcdefghiklmnopqrstuvwxy']

const sensor = { width: 240, height: 180 }

/**
 * ASL-DVS: letters of the American sign language before an event camera, 240x180, a folder per letter with MATLAB files.
 * There is no official split; of the recordings of each letter, by number, the first 80 % are for training, as many as in
 * the paper, which draws them at random.
 * @throws UsageError if a letter is missing
 * @see Bi et al. 2019
 */
export async function aslDvs(place: Place): Promise<RecordingSets> {
  const folder = openFolder(place)
  const all = await classFiles(folder, '', aslClasses, (name) => name.endsWith('.mat'))
  const lists = aslClasses.map((_, label) => all.filter((file) => file.label === label))
  const missing = aslClasses.filter((_, label) => lists[label].length < 2).map((name) => `${name}/*.mat`)
  if (missing.length > 0) throw missingFiles('asl-dvs', folder, missing, aslClasses.length)
  const read: ReadFile = (bytes, file) => readEventMat(bytes, { file, size: sensor })
  const sides = firstOfEach(all, 0.8)
  const part = (side: string, files: ClassFile[]) =>
    recordingsOf(`asl-dvs ${side}`, aslClasses, sensor, { folder, files, read })
  return {
    name: 'asl-dvs',
    train: part('train', sides.train),
    test: part('test', sides.test),
    split: sides.split,
    notes: all.length === 100_800 ? [] : [`a part: ${all.length} of 100800 recordings`],
  }
}

export const aslDvsSet: EventSet = {
  kind: 'events',
  about: 'letters of a sign language before an event camera, 240x180, 100,800',
  classes: aslClasses,
  sensor,
  open: aslDvs,
  recipe: {
    files: [],
    byHand:
      'ICCV2019_DVS_dataset.zip from https://github.com/PIX2NVS/NVS2Graph (a link to Dropbox); unpack it and the zip files ' +
      'in it, so that the folders a to y lie in one folder',
    licence: 'not stated; for research',
  },
}
