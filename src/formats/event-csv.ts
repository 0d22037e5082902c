import { textOf } from '../base/index.ts'
import { damageAt } from './damage.ts'
import { EventList, type Events, type SensorSize } from './events.ts'

const longestLine = 4096
const names: { readonly [name: string]: 't' | 'x' | 'y' | 'p' } = {
  t: 't',
  ts: 't',
  time: 't',
  timestamp: 't',
  x: 'x',
  y: 'y',
  p: 'p',
  pol: 'p',
  polarity: 'p',
}

/**
 * Reads events as text: one a line, its fields between commas, semicolons or white space. A first line of names (t or
 * timestamp, x, y, p or polarity) tells their order; without one it is t, x, y, p. Times are whole microseconds;
 * polarity is 1 or 0, or 1 or -1. Fields may stand in quotes. Empty lines, and lines that begin with # or %, are passed
 * over, and so is a byte order mark.
 * @throws FormatError naming the byte and line that cannot be read
 */
export function readEventCsv(source: Uint8Array, options: { file?: string; size?: SensorSize } = {}): Events {
  const { file = 'CSV bytes', size } = options
  const bytes = isUtf16(source) ? new TextEncoder().encode(textOf(source)) : source
  const list = new EventList()
  let columns: readonly string[] = ['t', 'x', 'y', 'p']
  let [line, first] = [0, true]
  for (let at = utf8Mark.every((byte, i) => bytes[i] === byte) ? utf8Mark.length : 0; at < bytes.length; ) {
    const found = bytes.indexOf(10, at)
    const end = found < 0 ? bytes.length : found
    line++
    if (end - at > longestLine) {
      throw damageAt(file, at, {
        what: `line ${line} is too long for events`,
        expected: 't,x,y,p',
        got: `${end - at} bytes`,
      })
    }
    const text = String.fromCharCode(...bytes.subarray(at, end)).trim()
    if (text !== '' && !/^[#%]/.test(text)) {
      const fields = text
        .split(/[\s,;]+/)
        .filter((field) => field !== '')
        .map((field) => field.replace(/^"(.*)"$|^'(.*)'$/, '$1$2'))
      const named = fields.map((field) => names[field.toLowerCase()])
      if (first && named.every((name) => name !== undefined)) columns = checkNames(named as string[], file, at)
      else pushEvent(list, fields, columns, size, { file, at, line })
      first = false
    }
    at = end + 1
  }
  return list.events(size)
}

const utf8Mark = [0xef, 0xbb, 0xbf]

function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
}

/** Writes events as text, with a line of names. */
export function writeEventCsv({ t, x, y, p }: Events): Uint8Array {
  const lines = Array.from(t, (time, i) => `${time},${x[i]},${y[i]},${p[i]}\n`)
  return new TextEncoder().encode(`t,x,y,p\n${lines.join('')}`)
}

function checkNames(named: string[], file: string, at: number): string[] {
  const missing = ['t', 'x', 'y', 'p'].filter((name) => !named.includes(name))
  if (missing.length === 0 && new Set(named).size === named.length) return named
  throw damageAt(file, at, {
    what: 'the names of the columns do not fit events',
    expected: 't, x, y, p, each once',
    got: named.join(', '),
    next: 'Name the columns t, x, y and p.',
  })
}

function pushEvent(
  list: EventList,
  fields: readonly string[],
  columns: readonly string[],
  size: SensorSize | undefined,
  { file, at, line }: { file: string; at: number; line: number },
): void {
  const values = fields.map(Number)
  const column = (name: string) => values[columns.indexOf(name)]
  const [t, x, y, polarity] = ['t', 'x', 'y', 'p'].map(column)
  const inside = (value: number, limit = 65535) => Number.isInteger(value) && value >= 0 && value < limit
  const fits =
    fields.length === columns.length &&
    Number.isSafeInteger(t) &&
    inside(x, size?.width) &&
    inside(y, size?.height) &&
    [1, 0, -1].includes(polarity)
  if (!fits) {
    throw damageAt(file, at, {
      what: `line ${line} is no event`,
      expected: `${columns.join(', ')}: whole numbers, p 1, 0 or -1${size ? `, on ${size.width}x${size.height}` : ''}`,
      got: `'${fields.join(' ').slice(0, 60)}'`,
      next: 'Times are whole microseconds; a first line may name the columns.',
    })
  }
  list.push(t, x, y, polarity > 0 ? 1 : 0)
}
