import { FormatError, UsageError } from '../../base/index.ts'
import { checkDiskSpace, fileHash, fileSize, writeWhole } from './disk.ts'
import { type DownloadOptions, download } from './download.ts'
import type { Recipe, RecipeFile } from './recipes.ts'
import { type UnpackedFile, unpackArchive } from './unpack.ts'

/** What `get` keeps beside the files: which parts are whole, and what they hold. */
export const manifestName = '.spikelet-files.json'

interface Manifest {
  /** By the name of the file that was downloaded. */
  readonly parts: Record<string, readonly UnpackedFile[]>
}

export interface GetOptions extends Pick<DownloadOptions, 'log' | 'tries' | 'stallMs' | 'pauseMs'> {
  readonly progress?: (label: string, done: number, total: number | undefined) => void
}

/**
 * Downloads a data set's files into a folder, checks and unpacks them. It may be stopped, or killed, at any moment: the
 * next call goes on. A file counts only once it is listed in the manifest, which is written after it is whole.
 * @returns how many files there were, and how many of them were there already
 * @throws ResourceError if a file cannot be had or the disk is too small; FormatError if an archive is damaged
 */
export async function getFiles(
  recipe: Recipe,
  folder: string,
  options: GetOptions = {},
): Promise<{ files: number; present: number }> {
  const { mkdir } = process.getBuiltinModule('node:fs/promises')
  await mkdir(folder, { recursive: true })
  const manifest = (await readManifest(folder)) ?? { parts: {} }
  let present = 0
  for (const file of recipe.files) {
    if (await isThere(folder, manifest.parts[file.name])) {
      present++
      continue
    }
    manifest.parts[file.name] = await getOne(file, folder, options)
    await writeManifest(folder, manifest)
  }
  return { files: recipe.files.length, present }
}

async function getOne(file: RecipeFile, folder: string, options: GetOptions): Promise<UnpackedFile[]> {
  const { rm } = process.getBuiltinModule('node:fs/promises')
  const { join } = process.getBuiltinModule('node:path')
  const path = join(folder, file.name)
  const { progress, ...rest } = options
  if (file.size !== undefined) await checkDiskSpace(folder, (file.unpack ? 3 : 1) * file.size)
  await download({
    ...rest,
    urls: file.urls,
    path,
    ...(file.checksum ? { checksum: file.checksum } : {}),
    progress: (done, total) => progress?.(file.name, done, total ?? file.size),
  })
  if (!file.unpack)
    return [{ path: file.name, size: (await fileSize(path)) ?? 0, sha256: await fileHash(path, 'sha256') }]
  const unpacking = join(folder, `.unpacking-${file.name}`)
  await rm(unpacking, { recursive: true, force: true })
  const files = await unpackArchive(path, file.unpack, unpacking, {
    ...(file.strip === undefined ? {} : { strip: file.strip }),
    progress: (done) => progress?.(`unpacking ${file.name}`, done, undefined),
  })
  await moveInto(folder, unpacking)
  await rm(unpacking, { recursive: true, force: true })
  await rm(path, { force: true })
  return files
}

/** Moves what was unpacked to its place; what an interrupted move left there is replaced. */
async function moveInto(folder: string, unpacked: string): Promise<void> {
  const { readdir, rename, rm } = process.getBuiltinModule('node:fs/promises')
  const { join } = process.getBuiltinModule('node:path')
  for (const name of await readdir(unpacked)) {
    await rm(join(folder, name), { recursive: true, force: true })
    await rename(join(unpacked, name), join(folder, name))
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
        next: 'remove it, and get the data set again: what is whole stays',
      })
    }
    progress(i + 1, files.length)
  }
  return { files: files.length, parts: Object.keys(manifest.parts) }
}

/**
 * Compares files that a person put there with the checksums of a recipe; archives that are already unpacked have none.
 * @returns the names that were found and are right
 * @throws FormatError if one differs
 */
export async function verifyKnown(recipe: Recipe, folder: string): Promise<string[]> {
  const { join } = process.getBuiltinModule('node:path')
  const right: string[] = []
  for (const { name, checksum } of recipe.files) {
    const path = join(folder, name)
    if (!checksum || (await fileSize(path)) === undefined) continue
    const value = await fileHash(path, checksum.algorithm)
    if (value !== checksum.value) {
      throw new FormatError({
        what: 'a file has another checksum than was published',
        place: path,
        expected: `${checksum.algorithm} ${checksum.value}`,
        got: value,
        next: 'fetch it again',
      })
    }
    right.push(name)
  }
  return right
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
    if (Object.values(manifest.parts).every((files) => Array.isArray(files))) return manifest
  } catch (cause) {
    throw new UsageError({ what: 'the list of files of this data set cannot be read', place: path, cause })
  }
  throw new UsageError({ what: 'the list of files of this data set is damaged', place: path, next: 'remove it' })
}
