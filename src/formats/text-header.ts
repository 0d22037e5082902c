const [tab, newline, carriageReturn, space, hash, rubout] = [9, 10, 13, 32, 35, 127]

/** Lines that begin with # at the start of a file, as AEDAT's have. */
export interface TextHeader {
  /** Without their line ends. */
  readonly lines: readonly string[]
  /** Where the data begins. */
  readonly end: number
}

export interface TextHeaderOptions {
  /** Text that the last line holds. */
  readonly last?: string
  /** Bytes of each record behind the header: the header ends where whole records follow. */
  readonly recordLength?: number
}

/** What the program that made AEDAT 2 may write as its last line. */
const usualLast = /^#\s*End Of ASCII Header/i

/**
 * Reads the lines at the start that begin with `#`, are text, and end in a line end. Bytes of events may look like such
 * lines, too: `23 0a` is an empty one. Those lie within the first record: short lines at the end of the header are taken
 * for events where whole records follow only then.
 */
export function readTextHeader(bytes: Uint8Array, { last, recordLength = 1 }: TextHeaderOptions = {}): TextHeader {
  const lines: string[] = []
  const starts: number[] = []
  let at = 0
  while (bytes[at] === hash) {
    const found = bytes.indexOf(newline, at)
    const end = found < 0 ? bytes.length : found + 1
    if (!isText(bytes.subarray(at, end))) break
    const line = String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 4096))).trimEnd()
    lines.push(line)
    starts.push(at)
    at = end
    if (last === undefined ? usualLast.test(line) : line.includes(last)) return { lines, end: at }
  }
  const isWhole = (end: number) => (bytes.length - end) % recordLength === 0
  for (let kept = lines.length, end = at; kept > 0; kept--) {
    if (isWhole(end)) return { lines: lines.slice(0, kept), end }
    const start = starts[kept - 1]
    if (end - start >= recordLength) break
    end = start
  }
  return { lines, end: at }
}

function isText(line: Uint8Array): boolean {
  return line.every((byte) =>
    byte < space ? byte === tab || byte === newline || byte === carriageReturn : byte !== rubout,
  )
}
