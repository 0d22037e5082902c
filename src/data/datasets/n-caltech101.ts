import { readEventBin } from '../../formats/index.ts'
import { openFolder, type Place } from '../files.ts'
import type { EventSet } from './definition.ts'
import { type ReadFile, recordingsOf } from './folder-recordings.ts'
import { type ClassFile, classFiles, firstOfEach, folderNamed, subfolders } from './folder-sets.ts'
import { missingFiles } from './missing-files.ts'
import type { RecordingSets } from './recordings.ts'

/** As other programs take it; events lie within 233x173. */
const sensor = { width: 240, height: 180 }

/**
 * N-Caltech101: photographs before a moving event camera, in a folder Caltech101 with a folder per class, 100 of objects and
 * one of backgrounds. There is no official split; of each class, by number, the first 90 % are for training.
 * @throws UsageError if no class has two recordings
 * @see Orchard et al. 2015
 */
export async function nCaltech101(place: Place): Promise<RecordingSets> {
  const folder = openFolder(place)
  const base = (await folderNamed(folder, ['caltech101'])) ?? ''
  const names = [...(await subfolders(folder, base))].sort()
  const found = await classFiles(folder, base, names, (name) => name.endsWith('.bin'))
  const classes = names.filter((_, label) => found.filter((file) => file.label === label).length >= 2)
  if (classes.length < 2) throw missingFiles('n-caltech101', folder, ['Caltech101/<class>/image_*.bin'], 1)
  const lists = classes.map((name, label) => {
    const files = found.filter((file) => names[file.label] === name)
    return files.map((file): ClassFile => ({ ...file, label }))
  })
  const read: ReadFile = (bytes, file) => readEventBin(bytes, { file, size: sensor })
  const sides = firstOfEach(lists.flat(), 0.9)
  const part = (side: string, files: ClassFile[]) =>
    recordingsOf(`n-caltech101 ${side}`, classes, sensor, { folder, files, read })
  const count = lists.reduce((sum, files) => sum + files.length, 0)
  return {
    name: 'n-caltech101',
    train: part('train', sides.train),
    test: part('test', sides.test),
    split: sides.split,
    notes: classes.length === 101 ? [] : [`a part: ${classes.length} of 101 classes, ${count} recordings`],
  }
}

export const nCaltech101Set: EventSet = {
  kind: 'events',
  about: 'photographs before an event camera, 240x180, 101 classes',
  classes: [],
  sensor,
  open: nCaltech101,
  recipe: {
    files: [],
    byHand:
      'Caltech101.zip from https://www.garrickorchard.com/datasets/n-caltech101 (MD5 66201824eabb0239c7ab992480b50ba3); ' +
      'unpack it, so that Caltech101 lies in the folder',
    licence: 'CC BY 4.0',
  },
}
