import { readEventBin } from '../../formats/index.ts'
import { md5 } from '../downloads/index.ts'
import { openFolder, type Place } from '../files.ts'
import type { EventSet } from './definition.ts'
import { type ReadFile, recordingsOf } from './folder-recordings.ts'
import { classFiles, folderNamed } from './folder-sets.ts'
import { missingFiles } from './missing-files.ts'
import { digits } from './mnist.ts'
import type { RecordingSets, Recordings } from './recordings.ts'

const sensor = { width: 34, height: 34 }

/**
 * N-MNIST: digits before a moving event camera, 34x34, in the official folders Train and Test with a folder per digit.
 * @throws UsageError if a folder is missing
 * @see Orchard et al. 2015
 */
export async function nMnist(place: Place): Promise<RecordingSets> {
  const folder = openFolder(place)
  const side = async (spelling: string): Promise<Recordings | undefined> => {
    const found = await folderNamed(folder, [spelling])
    const files = found === undefined ? [] : await classFiles(folder, found, digits, (name) => name.endsWith('.bin'))
    const read: ReadFile = (bytes, file) => readEventBin(bytes, { file, size: sensor })
    return files.length === 0 ? undefined : recordingsOf(`n-mnist ${spelling}`, digits, sensor, { folder, files, read })
  }
  const [train, test] = [await side('train'), await side('test')]
  const missing = [...(train ? [] : ['Train/<digit>/*.bin']), ...(test ? [] : ['Test/<digit>/*.bin'])]
  if (!train || !test) throw missingFiles('n-mnist', folder, missing, 2)
  const whole = train.members.length === 60_000 && test.members.length === 10_000
  const notes = whole ? [] : [`a part: ${train.members.length} of 60000 and ${test.members.length} of 10000 recordings`]
  return { name: 'n-mnist', train, test, split: 'official', notes }
}

const mendeley = 'https://data.mendeley.com/public-files/datasets/468j46mzdv/files/'

export const nMnistSet: EventSet = {
  kind: 'events',
  about: 'digits before an event camera, 34x34, 60,000 + 10,000',
  classes: digits,
  sensor,
  open: nMnist,
  recipe: {
    files: [
      {
        name: 'Train.zip',
        urls: [`${mendeley}39c25547-014b-4137-a934-9d29fa53c7a0/file_downloaded`],
        checksum: md5('20959b8e626244a1b502305a9e6e2031'),
        size: 1_020_000_000,
        unpack: 'zip',
        top: ['Train'],
      },
      {
        name: 'Test.zip',
        urls: [`${mendeley}05a4d654-7e03-4c15-bdfa-9bb2bcbea494/file_downloaded`],
        checksum: md5('69ca8762b2fe404d9b9bad1103e97832'),
        size: 170_000_000,
        unpack: 'zip',
        top: ['Test'],
      },
    ],
    licence: 'CC BY-SA 4.0',
  },
}
