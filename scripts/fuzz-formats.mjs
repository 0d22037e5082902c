// Mutated files for every reader: node scripts/fuzz-formats.mjs [--count 10000] [--seed 1] [--only png,jpeg]
// A reader must refuse a damaged file with an error that names file and place; it may not crash, take 5 seconds or 1 GiB, or
// write outside of its folder. Time and memory are watched from here: whoever hangs cannot say so. One line a format; exits 1
// where a reader failed. Needs the build.
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
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
const longestMs = 5000
/** The first case waits for modules to load, and HDF5's thread to start. */
const startMs = 60_000
const mostMiB = 1024
const mostFaults = 20
const names = values.only?.split(',') ?? Object.keys(formats)
const unknown = names.filter((name) => !Object.hasOwn(formats, name))
if (unknown.length > 0) {
  console.error(`unknown: ${unknown}; known: ${Object.keys(formats).join(', ')}`)
  process.exit(2)
}

/** Resident memory of a process; NaN where the system does not tell. @param {number | undefined} pid */
function memoryMiB(pid) {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 2 ** 20
  } catch {
    return Number.NaN
  }
}

/**
 * Mutations of one format, from number `first` on, in a child process, until one of them breaks it.
 * @param {string} name @param {number} first
 */
function tryFrom(name, first) {
  const script = fileURLToPath(new URL('fuzz/try-format.mjs', import.meta.url))
  const words = [name, String(first), values.count, values.seed]
  const child = fork(script, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return new Promise((resolve) => {
    let at = first
    let since = performance.now() + startMs - longestMs
    let memory = 0
    let result = { read: 0, refused: 0, faults: [], slowest: 0 }
    let broken
    const watch = setInterval(() => {
      memory = Math.max(memory, memoryMiB(child.pid) || 0)
      if (memory > mostMiB) broken ??= `took ${Math.round(memory)} MiB`
      if (performance.now() - since > longestMs) broken ??= `took more than ${longestMs} ms`
      if (broken) child.kill('SIGKILL')
    }, 50)
    child.on('message', (message) => {
      at = message.at
      result = message.result
      since = performance.now() + (at === first ? startMs - longestMs : 0)
    })
    child.on('exit', (code, signal) => {
      clearInterval(watch)
      const isDone = at >= Number(values.count) && code === 0
      const how = broken ?? (isDone ? undefined : `ended with ${signal ?? code}`)
      resolve({ ...result, memory, next: at + 1, faults: how ? [...result.faults, `#${at}: ${how}`] : result.faults })
    })
  })
}

/** All mutations of one format. @param {string} name */
async function tryFormat(name) {
  const whole = { read: 0, refused: 0, faults: [], slowest: 0, memory: 0 }
  for (let next = 0; next < Number(values.count) && whole.faults.length < mostFaults; ) {
    const part = await tryFrom(name, next)
    whole.read += part.read
    whole.refused += part.refused
    whole.faults.push(...part.faults)
    whole.slowest = Math.max(whole.slowest, part.slowest)
    whole.memory = Math.max(whole.memory, part.memory)
    next = part.next
  }
  return whole
}

let failed = 0
for (const name of names) {
  const started = performance.now()
  const { read, refused, faults, slowest, memory } = await tryFormat(name)
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  const numbers = `${read} read, ${refused} refused, slowest ${slowest.toFixed(0)} ms, ${memory.toFixed(0)} MiB, ${seconds} s`
  console.log(`${name.padEnd(18)} ${faults.length === 0 ? 'ok    ' : 'FAILED'} ${numbers}`)
  for (const fault of faults) console.log(`  ${fault}`)
  failed += faults.length
}
process.exitCode = failed > 0 ? 1 : 0
