import { UsageError } from '../../base/index.ts'
import { type DataFolder, type FolderEntry, listedIn, type StoredFile } from '../files.ts'

/** A file of a class. */
export interface ClassFile extends StoredFile {
  readonly label: number
}

/** Names in which numbers count as numbers: `a_2` before `a_10`. */
export function byNumbers(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => name.split(/(\d+)/))
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] === right[i]) continue
    const difference = i % 2 === 1 ? Number(left[i]) - Number(right[i]) : 0
    return difference !== 0 ? difference : left[i] < right[i] ? -1 : 1
  }
  return left.length - right.length
}

/**
 * What lies in a folder, stray names left out; undefined where there is no such folder.
 * @throws UsageError if the folder cannot be listed, as on a web address
 */
export async function listFolder(folder: DataFolder, path: string): Promise<FolderEntry[] | undefined> {
  if (folder.list) return listedIn(folder as Required<DataFolder>, path)
  throw new UsageError({
    what: 'this place cannot list its files',
    place: folder.place,
    next: 'A data set of many files needs a folder on disk.',
  })
}

/** The folder's own folders, by name. */
export async function subfolders(folder: DataFolder, path: string): Promise<string[]> {
  const entries = (await listFolder(folder, path)) ?? []
  return entries.filter((entry) => entry.isFolder).map(({ name }) => name)
}

/**
 * The files of each class, class after class, each in the order of `byNumbers`.
 * @param path the folder that has one folder per class
 * @param fits which files count
 */
export async function classFiles(
  folder: DataFolder,
  path: string,
  classes: readonly string[],
  fits: (name: string) => boolean,
): Promise<ClassFile[]> {
  const files: ClassFile[] = []
  for (const [label, name] of classes.entries()) {
    const below = path === '' ? name : `${path}/${name}`
    const entries = ((await listFolder(folder, below)) ?? []).filter((entry) => !entry.isFolder && fits(entry.name))
    entries.sort((a, b) => byNumbers(a.name, b.name))
    files.push(...entries.map((entry) => ({ ...storedFile(below, entry), label })))
  }
  return files
}

/** A file by the folder that it was found in. */
export function storedFile(below: string, { name, size, version }: FolderEntry): StoredFile {
  const path = below === '' ? name : `${below}/${name}`
  return { path, bytes: size, ...(version ? { version } : {}) }
}

/** The bytes of a file that was there when the folder was listed. @throws UsageError if it is gone */
export async function readListed(folder: DataFolder, path: string): Promise<Uint8Array> {
  const bytes = await folder.read(path)
  if (bytes) return bytes
  throw new UsageError({ what: 'a file of the data set is gone', place: `${folder.place}/${path}` })
}

/** The one of several spellings that is a folder here. */
export async function folderNamed(folder: DataFolder, names: readonly string[]): Promise<string | undefined> {
  const found = await subfolders(folder, '')
  return found.find((name) => names.includes(name.toLowerCase()))
}

/** Where a folder has no split of its own: every tenth file of each class is for tests. */
export function everyTenth(files: readonly ClassFile[]): { train: ClassFile[]; test: ClassFile[]; split: string } {
  const perClass = new Map<number, number>()
  const sides = { train: [] as ClassFile[], test: [] as ClassFile[] }
  for (const file of files) {
    const number = (perClass.get(file.label) ?? 0) + 1
    perClass.set(file.label, number)
    sides[number % 10 === 0 ? 'test' : 'train'].push(file)
  }
  return { ...sides, split: 'every tenth of each class for tests' }
}

/**
 * The same by number: of each class, the first files are for training, and one at least for either side.
 * @param share for training
 */
export function firstOfEach(
  files: readonly ClassFile[],
  share: number,
): { train: ClassFile[]; test: ClassFile[]; split: string } {
  const sides = { train: [] as ClassFile[], test: [] as ClassFile[] }
  for (const label of new Set(files.map((file) => file.label))) {
    const own = files.filter((file) => file.label === label)
    const cut = Math.min(own.length - 1, Math.max(1, Math.round(share * own.length)))
    sides.train.push(...own.slice(0, cut))
    sides.test.push(...own.slice(cut))
  }
  const percent = Math.round(100 * share)
  return { ...sides, split: `first ${percent} % of each class for training, last ${100 - percent} % for tests` }
}
