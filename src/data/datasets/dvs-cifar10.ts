import { readAedat2 } from '../../formats/index.ts'
import { openFolder, type Place } from '../files.ts'
import { cifar10Classes } from './cifar10.ts'
import type { EventSet } from './definition.ts'
import { type ReadFile, recordingsOf } from './folder-recordings.ts'
import { type ClassFile, classFiles, firstOfEach } from './folder-sets.ts'
import { missingFiles } from './missing-files.ts'
import type { RecordingSets } from './recordings.ts'

const sensor = { width: 128, height: 128 }
const layout = 'cifar10-dvs'

/**
 * CIFAR10-DVS: a folder per class with AEDAT 2 files, 128x128. There is no official split; as in published code, the
 * first 900 recordings of each class, by number, are for training and the last 100 for tests.
 * @throws UsageError if a class is missing
 * @see Li et al. 2017
 */
export async function dvsCifar10(place: Place): Promise<RecordingSets> {
  const folder = openFolder(place)
  const all = await classFiles(folder, '', cifar10Classes, (name) => name.endsWith('.aedat'))
  const lists = cifar10Classes.map((_, label) => all.filter((file) => file.label === label))
  const missing = cifar10Classes.filter((_, label) => lists[label].length === 0).map((name) => `${name}/*.aedat`)
  if (missing.length > 0) throw missingFiles('dvs-cifar10', folder, missing, 10)
  const read: ReadFile = (bytes, file) => readAedat2(bytes, { file, layout })
  const sides = firstOfEach(all, 0.9)
  const part = (side: string, files: ClassFile[]) =>
    recordingsOf(`dvs-cifar10 ${side}`, cifar10Classes, sensor, { folder, files, read })
  const whole = lists.every((files) => files.length === 1000)
  return {
    name: 'dvs-cifar10',
    train: part('train', sides.train),
    test: part('test', sides.test),
    split: sides.split,
    notes: whole ? [] : [`a part: ${all.length} of 10000 recordings`],
  }
}

/** The address for programs: figshare.com/ndownloader, with the same numbers, answers them with an empty 202. */
const figshare = 'https://api.figshare.com/v2/file/download/'

export const dvsCifar10Set: EventSet = {
  kind: 'events',
  about: 'photographs before an event camera, 128x128, 10,000',
  classes: cifar10Classes,
  sensor,
  layout,
  open: dvsCifar10,
  recipe: {
    files: Object.entries({
      airplane: 7712788,
      automobile: 7712791,
      bird: 7712794,
      cat: 7712812,
      deer: 7712815,
      dog: 7712818,
      frog: 7712842,
      horse: 7712851,
      ship: 7712836,
      truck: 7712839,
    }).map(([name, id]) => ({
      name: `${name}.zip`,
      urls: [`${figshare}${id}`],
      size: 800_000_000,
      unpack: 'zip' as const,
      top: [name],
    })),
    licence: 'CC BY 4.0',
  },
}
