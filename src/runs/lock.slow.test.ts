import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const built = new URL('../../dist/runs/index.js', import.meta.url)

/** Takes and gives back a folder again and again; now and then it is killed while it has it. */
const contender = (folder: string, seconds: number) => `
  import { readFileSync, rmSync, writeFileSync } from 'node:fs'
  const { lockFolder } = await import(${JSON.stringify(built.href)})
  const busy = ${JSON.stringify(join(folder, 'busy'))}
  const until = Date.now() + ${1000 * seconds}
  for (let holds = 0; Date.now() < until; holds++) {
    const lock = await lockFolder(${JSON.stringify(folder)}, { patience: 60 })
    try {
      writeFileSync(busy, String(process.pid), { flag: 'wx' })
    } catch {
      const other = Number(readFileSync(busy, 'utf8'))
      let alive = true
      // A killed process that its parent has not buried yet still has its number.
      try { process.kill(other, 0); alive = !/\\) [ZX] /.test(readFileSync('/proc/' + other + '/stat', 'utf8')) } catch { alive = false }
      if (alive) { console.log('clash with ' + other); process.exit(1) }
      writeFileSync(busy, String(process.pid))
    }
    console.log('held')
    await new Promise((resolve) => setTimeout(resolve, 2))
    if (Math.random() < 0.2) process.kill(process.pid, 'SIGKILL')
    rmSync(busy)
    await lock.release()
  }`

describe.skipIf(!existsSync(built) || !existsSync('/proc/self/stat'))(
  'lock of a folder among processes (needs the build)',
  () => {
    test('excludes, however often its holders are killed', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'spikelet-lock-'))
      const seconds = 8
      const until = Date.now() + 1000 * seconds
      let said = ''
      const lane = async () => {
        while (Date.now() < until) {
          const left = (until - Date.now()) / 1000
          const child = spawn(process.execPath, ['--input-type=module', '-e', contender(folder, left)])
          child.stdout.on('data', (bytes) => (said += bytes))
          await once(child, 'close')
        }
      }
      try {
        await Promise.all(Array.from({ length: 6 }, lane))
        const lines = said.trim().split('\n')
        expect(lines.filter((line) => line !== 'held')).toEqual([])
        expect(lines.length).toBeGreaterThan(20)
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  },
)
