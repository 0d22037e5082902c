// Runs the tests: all that must hold, or with --long what proves the same on more. Those that need a GPU run where there is one,
// if only in software; where there is none it says so. However slow the machine, no limit of time ends them. Ends with one line:
// how many passed, failed and were skipped. Further arguments go to vitest.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gpuEnvironment } from './gpu-environment.mjs'
import { summaryOf } from './test-summary.mjs'

const words = process.argv.slice(2)
const long = words[0] === '--long'
const gpu = gpuEnvironment()
const projects = long ? ['long', ...(gpu.env ? ['gpu-long'] : [])] : ['fast', 'slow', ...(gpu.env ? ['gpu'] : [])]

/** Runs vitest; resolves with its exit code. @param {string} outputFile */
function runVitest(outputFile) {
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${outputFile}`]
  const chosen = projects.map((name) => `--project=${name}`)
  const child = spawn(process.execPath, [vitest, 'run', ...chosen, ...reporters, ...words.slice(long ? 1 : 0)], {
    stdio: 'inherit',
    env: { ...process.env, ...gpu.env },
  })
  return new Promise((resolve) => child.on('close', resolve))
}

const folder = await mkdtemp(join(tmpdir(), 'spikelet-tests-'))
try {
  const outputFile = join(folder, 'results.json')
  const code = await runVitest(outputFile)
  const text = await readFile(outputFile, 'utf8').catch(() => undefined)
  const { lines, last, failed } = summaryOf(text === undefined ? undefined : JSON.parse(text), code)
  process.exitCode = failed > 0 ? 1 : 0
  const notRun = gpu.env ? [] : [`The GPU tests were not run: ${gpu.reason}`]
  process.stdout.write(`${[...lines, ...notRun, last].join('\n')}\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
