// Runs every test, fast and slow, and ends with one line: how many passed, failed and were skipped.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { summaryOf } from './test-summary.mjs'

const limitMinutes = 10

/** Runs vitest; resolves with how it ended. @param {string} outputFile */
function runVitest(outputFile) {
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${outputFile}`]
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...process.argv.slice(2)], { stdio: 'inherit' })
  return new Promise((resolve) => {
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      child.kill('SIGTERM')
      setTimeout(() => child.kill('SIGKILL'), 5000).unref()
    }, limitMinutes * 60_000)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, timedOut })
    })
  })
}

const folder = await mkdtemp(join(tmpdir(), 'spikelet-tests-'))
try {
  const outputFile = join(folder, 'results.json')
  const { code, timedOut } = await runVitest(outputFile)
  const text = await readFile(outputFile, 'utf8').catch(() => undefined)
  const end = timedOut ? `the tests took longer than ${limitMinutes} minutes and were stopped` : undefined
  const { lines, last, failed } = summaryOf(text === undefined ? undefined : JSON.parse(text), code, end)
  process.exitCode = failed > 0 ? 1 : 0
  process.stdout.write(`${[...lines, last].join('\n')}\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
