// Runs every test, fast and slow, and those that need a GPU where there is one, if only in software; says so where there is
// none. Ends with one line: how many passed, failed and were skipped.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gpuEnvironment } from './gpu-environment.mjs'
import { summaryOf } from './test-summary.mjs'

const limitMinutes = 17

const gpu = gpuEnvironment()

/** Runs vitest; resolves with how it ended. @param {string} outputFile */
function runVitest(outputFile) {
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${outputFile}`]
  const projects = ['fast', 'slow', ...(gpu.env ? ['gpu'] : [])].map((name) => `--project=${name}`)
  const child = spawn(process.execPath, [vitest, 'run', ...projects, ...reporters, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, ...gpu.env },
  })
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
  const notRun = gpu.env ? [] : [`The GPU tests were not run: ${gpu.reason}`]
  process.stdout.write(`${[...lines, ...notRun, last].join('\n')}\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
