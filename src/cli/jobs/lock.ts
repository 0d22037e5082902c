import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ResourceError } from '../../base/index.ts'

export interface LockOptions {
  /** Seconds to wait for another process that has the folder. */
  readonly patience: number
}

const secondsBetween = 0.2

/**
 * Works on a folder that no other process works on meanwhile. The lock of a process that is gone does not count.
 * @throws ResourceError if another process keeps the folder longer than one is patient
 */
export async function withLock<Result>(
  folder: string,
  work: () => Promise<Result>,
  options: LockOptions,
): Promise<Result> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'lock')
  await take(file, options)
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

async function take(file: string, { patience }: LockOptions): Promise<void> {
  for (let waited = 0; ; waited += secondsBetween) {
    if (await create(file)) return
    const holder = Number(await readFile(file, 'utf8').catch(() => ''))
    if (!isAlive(holder)) await rm(file, { force: true })
    else if (waited >= patience) throw taken(file, holder)
    else await new Promise((resolve) => setTimeout(resolve, 1000 * secondsBetween))
  }
}

/** The lock appears whole, with its owner in it, or not at all. */
async function create(file: string): Promise<boolean> {
  const own = `${file}.${process.pid}`
  await writeFile(own, String(process.pid))
  try {
    await link(own, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(own, { force: true })
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function taken(file: string, holder: number): ResourceError {
  return new ResourceError({
    what: 'another process works on this run',
    place: file,
    got: `process ${holder}`,
    next: 'wait for it, or delete this file if there is no such process of Spikelet',
  })
}
