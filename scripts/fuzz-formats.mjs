// Mutated files for every reader: node scripts/fuzz-formats.mjs [--count 10000] [--seed 1] [--only png,jpeg]
// A reader must refuse a damaged file with an error that names file and place; it may not crash, hang for 5 seconds, take
// much memory, or write outside of its folder. One line a format; exits 1 where a reader failed. Needs the build.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { formats } from './fuzz/formats.mjs'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
})
const hangMs = 15_000
const mostMiB = 600
const names = values.only?.split(',') ?? Object.keys(formats)
const unknown = names.filter((name) => !Object.hasOwn(formats, name))
if (unknown.length > 0) {
  console.error(`unknown: ${unknown}; known: ${Object.keys(formats).join(', ')}`)
  process.exit(2)
}

/** Mutations of one format in a child process. @param {string} name */
function tryFormat(name) {
  const script = fileURLToPath(new URL('fuzz/try-format.mjs', import.meta.url))
  const child = fork(script, [name, '0', values.count, values.seed], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return new Promise((resolve) => {
    let at = 0
    let result
    let hung = false
    const watch = () =>
      setTimeout(() => {
        hung = true
        child.kill('SIGKILL')
      }, hangMs)
    let timer = watch()
    child.on('message', (message) => {
      clearTimeout(timer)
      timer = watch()
      if (message.result) result = message.result
      else at = message.at
    })
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      const how = hung ? `hung at #${at}` : `ended with ${signal ?? code} after #${at}`
      resolve(result ?? { read: 0, refused: 0, faults: [how], slowest: Number.NaN, rss: 0 })
    })
  })
}

let failed = 0
for (const name of names) {
  const started = performance.now()
  const { read, refused, faults, slowest, rss } = await tryFormat(name)
  if (rss > mostMiB) faults.push(`memory grew by ${rss} MiB, more than ${mostMiB}`)
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  const numbers = `${read} read, ${refused} refused, slowest ${slowest.toFixed(0)} ms, ${rss} MiB more, ${seconds} s`
  console.log(`${name.padEnd(14)} ${faults.length === 0 ? 'ok    ' : 'FAILED'} ${numbers}`)
  for (const fault of faults) console.log(`  ${fault}`)
  failed += faults.length
}
process.exitCode = failed > 0 ? 1 : 0
