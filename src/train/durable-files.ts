import { ResourceError, SpikeletError } from '../base/index.ts'

/** How the names of files that are not whole yet end. */
const temporaryEnding = '.tmp'

/**
 * Replaces a file whole: a temporary neighbour of its own name is written, forced to disk, and renamed over it. Whoever
 * reads, or pulls the plug, meets the old bytes or the new ones, and two that write at once do not meet each other.
 * @throws ResourceError if the disk is full or may not be written to
 */
export async function writeWhole(path: string, contents: Uint8Array | string): Promise<void> {
  const { open, rename, rm } = process.getBuiltinModule('node:fs/promises')
  const own = process.getBuiltinModule('node:crypto').randomBytes(6).toString('hex')
  const temporary = `${path}.${own}${temporaryEnding}`
  await writing(path, async () => {
    try {
      const file = await open(temporary, 'wx')
      try {
        await file.writeFile(contents)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {})
      throw error
    }
    await syncFolder(process.getBuiltinModule('node:path').dirname(path))
  })
}

/** Removes what killed processes left half written; only for a folder that nobody else writes to. */
export async function removeTemporaries(folder: string): Promise<void> {
  const { readdir, rm } = process.getBuiltinModule('node:fs/promises')
  const { join } = process.getBuiltinModule('node:path')
  for (const name of await readdir(folder)) {
    if (name.endsWith(temporaryEnding)) await rm(join(folder, name), { force: true })
  }
}

/** Makes a folder and those above it. @throws ResourceError if it cannot be made */
export async function makeFolder(path: string): Promise<void> {
  const { mkdir } = process.getBuiltinModule('node:fs/promises')
  await writing(path, () => mkdir(path, { recursive: true }))
}

/** Does what writes to a path; what the system refuses becomes an error that says what to do. @throws ResourceError */
export async function writing<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    throw writeFault(path, cause as NodeJS.ErrnoException)
  }
}

/**
 * Adds to the end of a file in a single write.
 * @throws ResourceError if the disk is full or may not be written to
 */
export async function appendToFile(path: string, contents: Uint8Array | string): Promise<void> {
  const { appendFile } = process.getBuiltinModule('node:fs/promises')
  await writing(path, () => appendFile(path, contents))
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

/** What the system says, in words, and what helps against it. */
const faults: { readonly [code: string]: { readonly what: string; readonly next: string } } = {
  ENOSPC: { what: 'the disk is full', next: 'Make room, then resume the run: what was there before is whole.' },
  EDQUOT: { what: 'your share of the disk is used up', next: 'Make room, then resume the run: it is whole.' },
  EACCES: { what: 'this folder may not be written to', next: 'Choose another folder, or ask for the right to write.' },
  EPERM: { what: 'this folder may not be written to', next: 'Choose another folder, or ask for the right to write.' },
  EROFS: { what: 'this disk can only be read', next: 'Choose a folder on another disk.' },
  ENOTDIR: { what: 'a part of this path is a file, not a folder', next: 'Choose another folder.' },
  EEXIST: { what: 'there is a file where a folder should be', next: 'Choose another folder, or move the file away.' },
  ENOENT: { what: 'the folder of this file is gone', next: 'Make it again, then resume the run.' },
  EMFILE: { what: 'this process has too many files open', next: 'Raise the limit: ulimit -n 1024.' },
  ENFILE: { what: 'this machine has too many files open', next: 'Close other programs, then resume the run.' },
}

function writeFault(path: string, cause: NodeJS.ErrnoException): unknown {
  if (cause.code === undefined || cause instanceof SpikeletError) return cause
  const known = Object.hasOwn(faults, cause.code) ? faults[cause.code] : undefined
  const { what, next } = known ?? {
    what: 'a file of the run cannot be written',
    next: 'Check the folder, then resume the run.',
  }
  return new ResourceError({ what, place: path, got: cause.message, next, cause })
}
