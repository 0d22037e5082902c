import { lstat, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../base/index.ts'
import { runFiles } from '../runs/index.ts'

/** One part of the way from the root to a run: a name, neither hidden nor a way up. */
export const namePart = /^[^./\\\0][^/\\\0]*$/

/** Runs lie no deeper than this. */
const deepest = 4

/**
 * The folder of a run, by its way from the root with `/` between parts; empty: the root itself is a run.
 * @param root a real path
 * @throws UsageError for anything that is not the folder of a run inside the root, such as a link
 */
export async function runFolder(root: string, id: unknown): Promise<string> {
  const parts = typeof id === 'string' && id !== '' ? id.split('/') : []
  const named = typeof id === 'string' && parts.length <= deepest && parts.every((name) => namePart.test(name))
  const folder = named ? join(root, ...parts) : undefined
  if (!folder || !(await isReal(folder)) || !(await isFile(join(folder, runFiles.config)))) {
    throw new UsageError({ what: 'there is no such run here', got: shown(id) })
  }
  return folder
}

/** A file of a run, by its name in `runFiles`; no link, no folder. @throws UsageError if it is not there */
export async function runFile(root: string, id: unknown, name: unknown): Promise<string> {
  const folder = await runFolder(root, id)
  const known = typeof name === 'string' && Object.hasOwn(runFiles, name) ? runFiles[name as keyof typeof runFiles] : ''
  const path = join(folder, known)
  if (known === '' || !(await isFile(path)) || !(await isReal(path))) {
    throw new UsageError({
      what: 'this run has no such file',
      got: shown(name),
      expected: Object.keys(runFiles).join(', '),
    })
  }
  return path
}

/** Whether no part of the way is a link. */
export async function isReal(path: string): Promise<boolean> {
  return realpath(path).then(
    (real) => real === path,
    () => false,
  )
}

async function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 200) ?? 'nothing'
}
