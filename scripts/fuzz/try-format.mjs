// Tries the mutations of one format, in a process of its own: `fuzz-formats.mjs` starts it, and kills it where it hangs.
import { Random, SpikeletError } from '../../dist/base/index.js'
import { formats } from './formats.mjs'
import { mutated } from './mutate.mjs'

const most = 20

/** @param {unknown} error @param {string} file @param {boolean} [namesFile] @returns what is wrong with an error, or null */
export function faultOf(error, file, namesFile = true) {
  if (!(error instanceof SpikeletError))
    return `not an error for people: ${error instanceof Error ? error.stack : error}`
  const { message } = error
  if (!namesFile) return null
  if (!message.includes(file)) return `names no file: ${message}`
  if (!/\b(byte|bytes|line|record|member|node|tensor|header|gzip|sensor|network)\b|\[\d+\]/.test(message))
    return `names no place: ${message}`
  return null
}

const [name, first, end, seed] = process.argv.slice(2)
const format = formats[name]
const samples = (await format.samples?.()) ?? []
const random = new Random(Number(seed)).fork(name)
const result = { read: 0, refused: 0, faults: [], slowest: 0, rss: 0 }
const before = process.resourceUsage().maxRSS
for (let n = Number(first); n < Number(end); n++) {
  // Sent before, not after: where the case hangs or fills the memory, its number has left. Messages go out only when the loop
  // yields.
  process.send?.({ at: n, result })
  await new Promise((resolve) => setImmediate(resolve))
  const stream = random.fork(n)
  const bytes = format.mutate ? await format.mutate(stream) : mutated(samples, n, stream)
  const file = `fuzz-${n}.${name}`
  const started = performance.now()
  try {
    await format.read(bytes, file)
    result.read++
  } catch (error) {
    const fault = faultOf(error, file, format.namesFile)
    if (!fault) result.refused++
    else if (result.faults.length < most) result.faults.push(`#${n}: ${fault}`)
  }
  result.slowest = Math.max(result.slowest, performance.now() - started)
}
result.rss = Math.round((process.resourceUsage().maxRSS - before) / 1024)
process.send?.({ at: Number(end), result }, () => process.exit(0))
