import { systemFault } from './system-fault.ts'

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
  const { dirname, resolve } = process.getBuiltinModule('node:path')
  await writing(path, () => makeWithParents(resolve(path), dirname))
}

/** As mkdir with `recursive`, which never ends where a folder that is there takes none, such as /proc. */
async function makeWithParents(path: string, parentOf: (path: string) => string): Promise<void> {
  const { mkdir, stat } = process.getBuiltinModule('node:fs/promises')
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (isFolder) return
  const parent = parentOf(path)
  if (parent !== path) await makeWithParents(parent, parentOf)
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
    return stat(path).then((found) => {
      if (!found.isDirectory()) throw error // two that make the same folder at once are no trouble
    })
  })
}

/** Does what writes to a path; what the system refuses becomes an error that says what to do. @throws ResourceError */
export async function writing<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    // The temporary neighbour is no name that anybody knows.
    throw code === undefined ? cause : systemFault(Object.assign(cause as object, { path }))
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
