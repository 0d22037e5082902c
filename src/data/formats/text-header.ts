const newline = 10
const hash = 35

/** Lines that begin with # at the start of a file, as AEDAT's have. */
export interface TextHeader {
  /** Without their line ends. */
  readonly lines: readonly string[]
  /** Where the data begins. */
  readonly end: number
}

/**
 * Reads lines for as long as they begin with `#` and are text: an event's bytes may begin with 35, too, but have bytes
 * that no text has.
 * @param last text that the last line holds; without it, the first line without # ends the header
 */
export function readTextHeader(bytes: Uint8Array, last?: string): TextHeader {
  const lines: string[] = []
  let at = 0
  while (bytes[at] === hash) {
    const found = bytes.indexOf(newline, at)
    const end = found < 0 ? bytes.length : found + 1
    if (bytes.subarray(at, end).some((byte) => byte < 9)) break
    const line = String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 4096))).trimEnd()
    lines.push(line)
    at = end
    if (last !== undefined && line.includes(last)) break
  }
  return { lines, end: at }
}
