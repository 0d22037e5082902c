import { FormatError, UsageError } from '../../base/index.ts'
import type { Events, SensorSize } from '../events/index.ts'
import { type DataFolder, openFolder } from '../files.ts'
import { eventFileKinds, readAedat2, readEventBin, readEventFile } from '../formats/index.ts'
import { cifar10Classes } from './cifar.ts'
import { type ClassFile, classFiles, everyTenth, folderNamed, readListed, subfolders } from './folder-sets.ts'
import { missingFiles } from './missing-files.ts'
import { digits } from './mnist.ts'
import type { RecordingSets, Recordings } from './recordings.ts'

type Folder = DataFolder | string | URL

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
    members: files.map(({ path, label, bytes }) => ({ id: path, label, bytes })),
    read: async (i) => read(await readListed(folder, files[i].path), files[i].path),
  }
}

/**
 * N-MNIST: digits before a moving event camera, 34x34, in the official folders Train and Test with a folder per digit.
 * @throws UsageError if a folder is missing
 * @see Orchard et al. 2015
 */
export async function nMnist(place: Folder): Promise<RecordingSets> {
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
export async function dvsCifar10(place: Folder): Promise<RecordingSets> {
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

/**
 * Your own recordings: a folder per class, of any event format, or of these below `train` and `test`. Without those two,
 * every tenth recording of each class is for tests. The sensor is that of the first recording, unless it is given.
 * @throws UsageError if there are no recordings, or the two sides have other classes
 */
export async function eventFolder(
  place: Folder,
  options: { size?: SensorSize; layout?: string } = {},
): Promise<RecordingSets> {
  const folder = openFolder(place)
  const fits = (name: string) => eventFileKinds.some((kind) => name.toLowerCase().endsWith(kind))
  const { sides, classes, split } = await sidesOf(folder, fits)
  const [first] = sides.train
  const sensor =
    options.size ?? sensorOf(await readEventFile(await readListed(folder, first.path), first.path, options))
  const read: ReadFile = async (bytes, file) => {
    const events = await readEventFile(bytes, file, { ...options, size: sensor })
    if (events.width <= sensor.width && events.height <= sensor.height) return { ...events, ...sensor }
    throw new FormatError({
      what: 'a recording is of a larger sensor than the others',
      place: file,
      expected: `at most ${sensor.width}x${sensor.height}`,
      got: `${events.width}x${events.height}`,
      next: 'name the size of the largest sensor (--sensor WIDTHxHEIGHT)',
    })
  }
  const part = (side: 'train' | 'test'): Recordings => ({
    ...recordingsOf(`event-folder ${side}`, classes, sensor, { folder, files: sides[side], read }),
    ...(options.layout === undefined ? {} : { reading: `layout ${options.layout}` }),
  })
  return { name: 'event-folder', train: part('train'), test: part('test'), split, notes: [] }
}

function sensorOf({ width, height }: Events): SensorSize {
  return { width, height }
}

/** Train and test files of a folder with a folder per class, alone or below `train` and `test`. */
export async function sidesOf(
  folder: DataFolder,
  fits: (name: string) => boolean,
): Promise<{ sides: { train: ClassFile[]; test: ClassFile[] }; classes: string[]; split: string }> {
  const train = await folderNamed(folder, ['train'])
  const test = await folderNamed(folder, ['test', 'val'])
  const classes = await subfolders(folder, train !== undefined && test !== undefined ? train : '')
  const listed = async (path: string) => classFiles(folder, path, classes, fits)
  let found: { train: ClassFile[]; test: ClassFile[]; split: string }
  if (train !== undefined && test !== undefined) {
    const others = (await subfolders(folder, test)).filter((name) => !classes.includes(name))
    if (others.length > 0) {
      throw new UsageError({
        what: `the classes below '${test}' are not those below '${train}'`,
        place: folder.place,
        expected: classes.join(', ').slice(0, 120),
        got: others.join(', ').slice(0, 120),
      })
    }
    found = { train: await listed(train), test: await listed(test), split: `folders ${train} and ${test}` }
  } else found = everyTenth(await listed(''))
  if (found.train.length === 0 || found.test.length === 0) {
    throw new UsageError({
      what: 'there is nothing to learn from, or to be judged by, in this folder',
      place: folder.place,
      expected: 'a folder per class, with ten files or more; or such below train and test',
      got: `${found.train.length} and ${found.test.length} files`,
    })
  }
  return { sides: { train: found.train, test: found.test }, classes, split: found.split }
}
