import { ResourceError } from '../base/index.ts'

/**
 * Replaces a file whole: a temporary neighbour is written, forced to disk, and renamed over it. Whoever reads, or pulls
 * the plug, meets the old bytes or the new ones. A neighbour left by an interrupted write is overwritten.
 * @throws ResourceError if the disk is full or may not be written to
 */
export async function replaceFile(path: string, contents: Uint8Array | string): Promise<void> {
  const { open, rename, rm } = process.getBuiltinModule('node:fs/promises')
  const temporary = `${path}.tmp`
  try {
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(contents)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {})
    throw writeFault(path, cause)
  }
  await syncFolder(process.getBuiltinModule('node:path').dirname(path))
}

/**
 * Adds to the end of a file in a single write.
 * @throws ResourceError if the disk is full or may not be written to
 */
export async function appendToFile(path: string, contents: Uint8Array | string): Promise<void> {
  const { appendFile } = process.getBuiltinModule('node:fs/promises')
  try {
    await appendFile(path, contents)
  } catch (cause) {
    throw writeFault(path, cause)
  }
}

/** Cuts off what follows the last line end: the half line of a process that was killed as it wrote. */
export async function cutTornLine(path: string): Promise<void> {
  const { readFile, truncate } = process.getBuiltinModule('node:fs/promises')
  const bytes = await readFile(path).catch(absent)
  if (!bytes) return
  const whole = bytes.lastIndexOf(10) + 1
  if (whole < bytes.length) await truncate(path, whole)
}

/** The bytes of a file, or undefined where there is none. */
export async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  return process.getBuiltinModule('node:fs/promises').readFile(path).catch(absent)
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** Makes a rename last. Some systems cannot, and need not. */
async function syncFolder(path: string): Promise<void> {
  const { open } = process.getBuiltinModule('node:fs/promises')
  try {
    const folder = await open(path, 'r')
    await folder.sync().finally(() => folder.close())
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EINVAL', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

function writeFault(path: string, cause: unknown): ResourceError {
  const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC'
  return new ResourceError({
    what: full ? 'the disk is full' : 'a file of the run cannot be written',
    place: path,
    got: (cause as Error).message,
    next: full
      ? 'make room, then resume the run: what was there before is whole'
      : 'check the folder, then resume the run',
    cause,
  })
}
