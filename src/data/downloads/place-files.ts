import { UsageError } from '../../base/index.ts'
import { fileHash } from './disk.ts'
import type { UnpackedFile } from './unpack.ts'

/** What lies at a path, links not followed. */
async function kindOf(path: string): Promise<'file' | 'folder' | 'link' | undefined> {
  const { lstat } = process.getBuiltinModule('node:fs/promises')
  const status = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (!status) return undefined
  return status.isDirectory() ? 'folder' : status.isSymbolicLink() ? 'link' : 'file'
}

function inTheWay(path: string, kind: string): UsageError {
  return new UsageError({
    what: `a ${kind} of yours lies where the data set would put its own`,
    place: path,
    expected: 'a folder for this data set alone',
    got: `a ${kind} that Spikelet did not put there`,
    next: 'Move it away, or name another folder for the data set: nothing was changed.',
  })
}

/**
 * @param names of files and folders that would come to a folder
 * @param own names that Spikelet put there before
 * @throws UsageError if something of a person's has one of the names
 */
export async function checkPlaces(folder: string, names: readonly string[], own: ReadonlySet<string>): Promise<void> {
  const { join } = process.getBuiltinModule('node:path')
  for (const name of names) {
    const kind = own.has(name) ? undefined : await kindOf(join(folder, name))
    if (kind !== undefined) throw inTheWay(join(folder, name), kind)
  }
}

/**
 * Moves files below one folder to the same paths below another, on one disk. Nothing that lies there is replaced: what
 * has the same bytes stays, and anything else in the way is an error before the first file moves.
 * @throws UsageError naming what is in the way
 */
export async function placeFiles(folder: string, from: string, files: readonly UnpackedFile[]): Promise<void> {
  const { mkdir, rename } = process.getBuiltinModule('node:fs/promises')
  const { dirname, join } = process.getBuiltinModule('node:path')
  const folders = [...new Set(files.map(({ path }) => dirname(path)))].flatMap(withParents)
  for (const path of new Set(folders)) {
    const kind = await kindOf(join(folder, path))
    if (kind === 'file' || kind === 'link') throw inTheWay(join(folder, path), kind)
  }
  const absent: UnpackedFile[] = []
  for (const file of files) {
    const path = join(folder, file.path)
    const kind = await kindOf(path)
    if (kind === undefined) absent.push(file)
    else if (kind !== 'file' || (await fileHash(path, 'sha256')) !== file.sha256) throw inTheWay(path, kind)
  }
  for (const path of new Set(folders)) await mkdir(join(folder, path), { recursive: true })
  for (const { path } of absent) await rename(join(from, path), join(folder, path))
}

/** `a/b/c`: `a`, `a/b`, `a/b/c`; nothing for the folder itself. */
function withParents(path: string): string[] {
  if (path === '.') return []
  const parts = path.split('/')
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}
