import { execFileSync } from 'node:child_process'
import { link, mkdir, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'

/** Where this was measured. */
export function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
  }
}

/** Short hash of the sources' commit; with `-changed` where they are not as committed; `unknown` without git. */
export function commit(folder) {
  const git = (...words) =>
    execFileSync('git', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no').trim() !== ''
    return `${git('rev-parse', '--short', 'HEAD').trim()}${changed ? '-changed' : ''}`
  } catch {
    return 'unknown'
  }
}

/**
 * Keeps a record under `DATE-COMMIT.json`, or `DATE-COMMIT-2.json` where that exists: nothing is overwritten, and no
 * half-written file has such a name.
 * @param {string} folder
 * @param {{ date: string, commit: string }} record `date` starts with YYYY-MM-DD
 * @returns the path
 */
export async function writeRecord(folder, record) {
  await mkdir(folder, { recursive: true })
  const name = `${record.date.slice(0, 10)}-${record.commit}`
  const draft = join(folder, `.${name}-${process.pid}.tmp`)
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`)
  try {
    for (let k = 1; ; k++) {
      const path = join(folder, `${name}${k === 1 ? '' : `-${k}`}.json`)
      if (await linked(draft, path)) return path
    }
  } finally {
    await rm(draft, { force: true })
  }
}

/** False where the path is taken. */
async function linked(draft, path) {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}
