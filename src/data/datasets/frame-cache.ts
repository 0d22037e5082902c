import { systemFault } from '../../base/index.ts'

/** A place that keeps converted recordings between runs. */
export interface FrameCache {
  /** What errors and notes call it. */
  readonly place: string
  read(name: string): Promise<Uint8Array | undefined>
  /** Whole or not at all: a process that is killed leaves either the old file or the new one. */
  write(name: string, bytes: Uint8Array): Promise<void>
  /** The time by the clock of its file system, in milliseconds; without it, nothing counts as unchanged. */
  clock?(): Promise<number>
}

const next = 'Make room there, or name another folder (option `cache`).'

/**
 * A cache in a folder on disk, made when it is needed.
 * @throws ResourceError, of its methods, if the folder cannot be read or written, or its disk is full
 */
export function diskFrameCache(folder: string): FrameCache {
  const { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } = process.getBuiltinModule('node:fs/promises')
  const { basename, dirname, join } = process.getBuiltinModule('node:path')
  const writing = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work()
    } catch (cause) {
      throw systemFault(cause, { what: 'the frame cache cannot be written', path: folder, next })
    }
  }
  return {
    place: folder,
    async read(name) {
      try {
        return await readFile(join(folder, name))
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
        throw systemFault(error, { what: 'the frame cache cannot be read', path: folder, next })
      }
    },
    write: (name, bytes) =>
      writing(async () => {
        const path = join(folder, name)
        await mkdir(dirname(path), { recursive: true })
        // Another process may convert the same: each has its own temporary name, and whose rename comes last does not matter.
        const temporary = `${path}.${process.pid}.part`
        try {
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
        } catch (error) {
          await rm(temporary, { force: true })
          throw error
        }
        const left = (await readdir(dirname(path))).filter((one) => one.startsWith(`${basename(path)}.`))
        for (const one of left) await rm(join(dirname(path), one), { force: true })
      }),
    clock: () =>
      writing(async () => {
        const path = join(folder, `clock.${process.pid}.part`)
        await mkdir(folder, { recursive: true })
        try {
          await writeFile(path, '')
          return (await stat(path)).mtimeMs
        } finally {
          await rm(path, { force: true })
        }
      }),
  }
}
