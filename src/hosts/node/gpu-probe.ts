import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

/** A driver that says nothing for so long counts as one that is there: Spikelet then asks it itself. */
const patience = 10_000

/**
 * Whether a process of its own finds a GPU. Dawn writes what it thinks of missing drivers straight to standard error, where
 * it would stand before an error that says what to do; there, nobody hears it.
 * @returns false only where the package is there and finds none
 */
export function findsAdapter(): boolean {
  let file: string
  try {
    file = createRequire(import.meta.url).resolve('webgpu')
  } catch {
    return true
  }
  const code = `const { create } = await import(${JSON.stringify(file)})
const adapter = await create([]).requestAdapter({ powerPreference: 'high-performance' })
process.exit(adapter ? 0 : ${noneFound})`
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore', timeout: patience })
  return ended.status !== noneFound
}

const noneFound = 17
