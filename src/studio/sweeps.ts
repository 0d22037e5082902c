import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson, UsageError } from '../base/index.ts'
import { findRuns, sweepFiles } from '../runs/index.ts'
import { isReal, namePart } from './run-folders.ts'

/** Most bytes of what a sweep was asked for. */
const largest = 1 << 16

/** What a sweep in a folder of the root was asked for. It is checked before anything is made of it. */
export interface SweepInFolder {
  readonly name: string
  /** Of its runs. */
  readonly folders: readonly string[]
  readonly asked: { readonly [name: string]: unknown }
}

/**
 * @param root a real path
 * @throws UsageError for anything that is not the folder of a sweep right below the root, such as a link
 */
export async function askedOfSweep(root: string, id: unknown): Promise<SweepInFolder> {
  const name = typeof id === 'string' && namePart.test(id) ? id : undefined
  const folder = name === undefined ? undefined : join(root, name)
  const path = folder === undefined ? undefined : join(folder, sweepFiles.asked)
  if (!name || !folder || !path || !(await isReal(path)) || !(await isFile(path, largest))) {
    throw new UsageError({ what: 'there is no such sweep here', got: JSON.stringify(id)?.slice(0, 200) ?? 'nothing' })
  }
  const asked = parseJson(await readFile(path, 'utf8'), path)
  if (typeof asked !== 'object' || asked === null) {
    throw new UsageError({ what: 'this is no record of a sweep', place: path })
  }
  return { name, folders: await findRuns(folder), asked: asked as SweepInFolder['asked'] }
}

/** Sweeps right below the root whose runs are not all done, by name. */
export async function openSweeps(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory() && namePart.test(entry.name)).map(({ name }) => name)
  const open = await Promise.all(
    names.map(async (name) => {
      if (!(await isFile(join(root, name, sweepFiles.asked)))) return false
      return !(await isFile(join(root, name, sweepFiles.table)))
    }),
  )
  return names.filter((_, i) => open[i]).sort()
}

async function isFile(path: string, most = Number.POSITIVE_INFINITY): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isFile() && found.size <= most,
    () => false,
  )
}
