import { UsageError } from '../../base/index.ts'
import type { DataFolder } from '../files.ts'
import { type ClassFile, classFiles, everyTenth, folderNamed, listFolder, subfolders } from './folder-sets.ts'

/** The files of a folder of one's own, told apart. */
export interface Sides {
  readonly train: readonly ClassFile[]
  /** Those of a folder `val` beside `train` and `test`; they choose the epoch. */
  readonly validation: readonly ClassFile[]
  readonly test: readonly ClassFile[]
  readonly classes: readonly string[]
  readonly split: string
  readonly notes: readonly string[]
}

/** Which files count. */
export interface FileKind {
  /** What they are called: `images`. */
  readonly name: string
  /** How their names may end. */
  readonly endings: readonly string[]
}

export function isOfKind({ endings }: FileKind, name: string): boolean {
  return endings.some((ending) => name.toLowerCase().endsWith(ending))
}

/**
 * The sides of a folder with a folder per class: below `train` and `test`, and `val` where it is there; below `train` and
 * `val`, which is then for tests; or in the folder itself, or below `train` alone, every tenth file of a class for tests.
 * A folder without files to read is no class; a note names it.
 * @throws UsageError if a side has no files, saying what was found instead, or has classes that `train` has not
 */
export async function sidesOf(folder: DataFolder, kind: FileKind): Promise<Sides> {
  const named = await sideFolders(folder)
  const base = named.train ?? ''
  const all = await subfolders(folder, base)
  const fits = (name: string) => isOfKind(kind, name)
  const found = await classFiles(folder, base, all, fits)
  const classes = all.filter((_, label) => found.some((file) => file.label === label))
  const empty = all.filter((name) => !classes.includes(name))
  const listed = (path: string) => classFiles(folder, path, classes, fits)
  for (const side of [named.validation, named.test]) if (side) await checkClasses(folder, side, base, classes, fits)
  const whole = await listed(base)
  const sides = named.test
    ? { train: whole, test: await listed(named.test), split: `folders ${named.train} and ${named.test}` }
    : everyTenth(whole)
  const validation = named.validation ? await listed(named.validation) : []
  if (sides.train.length === 0 || sides.test.length === 0) {
    throw new UsageError({
      what: 'there is nothing to learn from, or to be judged by, in this folder',
      place: folder.place,
      expected: `a folder per class, with ten ${kind.name} or more (${kind.endings.join(', ')}); or such below train and test`,
      got: `${sides.train.length} and ${sides.test.length} ${kind.name}; the folder holds ${await survey(folder)}`,
      next: 'Put the files into a folder per class, in a format that is read.',
    })
  }
  const split = [
    sides.split + (named.train && !named.test ? `, below ${named.train}` : ''),
    ...(named.validation ? [`folder ${named.validation} for validation`] : []),
  ].join('; ')
  const untested = classes.filter((_, label) => !sides.test.some((file) => file.label === label))
  const notes = [
    ...(untested.length > 0 ? [`no ${kind.name} for tests of: ${some(untested)}`] : []),
    ...(empty.length > 0 ? [`no classes, since there are no ${kind.name} in them: ${some(empty)}`] : []),
    ...(validation.length > 0 ? [`for validation, below ${named.validation}: ${validation.length} ${kind.name}`] : []),
    ...(await unread(folder, [named.train, named.validation, named.test], classes, fits)),
  ]
  return { ...sides, validation, classes, split, notes }
}

/** The folders of the sides, where there are such. */
async function sideFolders(folder: DataFolder): Promise<{ train?: string; validation?: string; test?: string }> {
  const train = await folderNamed(folder, ['train', 'training'])
  const test = await folderNamed(folder, ['test', 'testing'])
  const val = await folderNamed(folder, ['val', 'valid', 'validation'])
  if (train === undefined || (await subfolders(folder, train)).length === 0) return {}
  if (test !== undefined) return { train, test, ...(val === undefined ? {} : { validation: val }) }
  if (val !== undefined) return { train, test: val }
  const others = (await subfolders(folder, '')).filter((name) => name !== train)
  return others.length === 0 ? { train } : {}
}

/** A side with files of a class that is not learned cannot be judged. */
async function checkClasses(
  folder: DataFolder,
  side: string,
  train: string,
  classes: readonly string[],
  fits: (name: string) => boolean,
): Promise<void> {
  const names = await subfolders(folder, side)
  const files = await classFiles(folder, side, names, fits)
  const others = names.filter((name, label) => !classes.includes(name) && files.some((file) => file.label === label))
  if (others.length === 0) return
  throw new UsageError({
    what: `the classes below '${side}' are not those below '${train}'`,
    place: folder.place,
    expected: some(classes),
    got: some(others),
    next: `Give each of them files below '${train}', or take them away.`,
  })
}

const mostNamed = 5

function some(names: readonly string[]): string {
  const shown = names.slice(0, mostNamed).join(', ')
  return names.length > mostNamed ? `${shown} and ${names.length - mostNamed} more` : shown
}

/** What lies beside the files of the classes and is not read. */
async function unread(
  folder: DataFolder,
  sides: readonly (string | undefined)[],
  classes: readonly string[],
  fits: (name: string) => boolean,
): Promise<string[]> {
  const counts = new Map<string, number>()
  const deeper: string[] = []
  const named = sides.filter((side) => side !== undefined)
  for (const side of named.length > 0 ? named : ['']) {
    for (const name of classes) {
      const path = side === '' ? name : `${side}/${name}`
      for (const entry of (await listFolder(folder, path)) ?? []) {
        if (entry.isFolder) deeper.push(`${path}/${entry.name}`)
        else if (!fits(entry.name)) count(counts, endingOf(entry.name))
      }
    }
  }
  return [
    ...(counts.size > 0 ? [`not read: ${countsText(counts)}`] : []),
    ...(deeper.length > 0 ? [`not read, since they lie below a class: ${some(deeper)}`] : []),
  ]
}

function count(counts: Map<string, number>, ending: string): void {
  counts.set(ending, (counts.get(ending) ?? 0) + 1)
}

/** `.webp`, or the whole of a name without an ending. */
function endingOf(name: string): string {
  return /\.[^.]+$/.exec(name)?.[0].toLowerCase() ?? name
}

function countsText(counts: ReadonlyMap<string, number>): string {
  const all = [...counts].sort(([, a], [, b]) => b - a).map(([ending, number]) => `${number} ${ending}`)
  return some(all)
}

const deepest = 5

/** What a folder holds, by endings and depth, in words for an error. */
export async function survey(folder: DataFolder): Promise<string> {
  const levels: { counts: Map<string, number>; example: string }[] = []
  const walk = async (path: string, depth: number) => {
    if (depth > deepest) return
    for (const { name, isFolder } of (await listFolder(folder, path)) ?? []) {
      const below = path === '' ? name : `${path}/${name}`
      if (isFolder) await walk(below, depth + 1)
      else {
        levels[depth] ??= { counts: new Map(), example: below }
        count(levels[depth].counts, endingOf(name))
      }
    }
  }
  await walk('', 0)
  const texts = Object.values(levels).map(({ counts, example }) => `${countsText(counts)} (such as ${example})`)
  return texts.join('; ') || 'no files'
}
