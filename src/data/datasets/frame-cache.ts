/** A place that keeps converted recordings between runs. */
export interface FrameCache {
  /** What errors and notes call it. */
  readonly place: string
  read(name: string): Promise<Uint8Array | undefined>
  /** Whole or not at all: a process that is killed leaves either the old file or the new one. */
  write(name: string, bytes: Uint8Array): Promise<void>
}

/** A cache in a folder on disk, made when it is needed. */
export function diskFrameCache(folder: string): FrameCache {
  const { mkdir, open, readdir, readFile, rename, rm } = process.getBuiltinModule('node:fs/promises')
  const { basename, dirname, join } = process.getBuiltinModule('node:path')
  return {
    place: folder,
    async read(name) {
      try {
        return await readFile(join(folder, name))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    async write(name, bytes) {
      const path = join(folder, name)
      await mkdir(dirname(path), { recursive: true })
      // Another process may convert the same: each has its own temporary name, and whose rename comes last does not matter.
      const temporary = `${path}.${process.pid}.part`
      const file = await open(temporary, 'w')
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, path).catch(async (error: NodeJS.ErrnoException) => {
        // Swept away by another process, whose own file is whole.
        if (error.code !== 'ENOENT') throw error
        await readFile(path)
      })
      const left = (await readdir(dirname(path))).filter((one) => one.startsWith(`${basename(path)}.`))
      for (const one of left) await rm(join(dirname(path), one), { force: true })
    },
  }
}
