/** The lines at the start of Prophesee's files, which begin with %, and where the data begins. */
export interface PercentHeader {
  /** Values by the first word of their line, in small letters: `date`, `format`, `geometry`... */
  readonly fields: ReadonlyMap<string, string>
  readonly end: number
}

const [percent, newline, space] = [37, 10, 32]

/** Most bytes of a header; what goes on behind is data. */
const longest = 1 << 16

/**
 * Reads such lines. A line begins with % and a blank, or is an empty %; `% end` is the last.
 */
export function readPercentHeader(bytes: Uint8Array): PercentHeader {
  const fields = new Map<string, string>()
  let at = 0
  while (bytes[at] === percent && (bytes[at + 1] === space || bytes[at + 1] === newline) && at < longest) {
    const found = bytes.indexOf(newline, at)
    if (found < 0) break
    const line = String.fromCharCode(...bytes.subarray(at + 1, Math.min(found, at + 2048))).trim()
    at = found + 1
    const [name, ...words] = line.split(/\s+/)
    fields.set(name.toLowerCase(), words.join(' '))
    if (line.toLowerCase() === 'end') break
  }
  return { fields, end: at }
}

/** The sensor that a header names: `geometry 1280x720`, `width 304` and `height 240`, or options of the format. */
export function sensorIn({ fields }: PercentHeader): { width: number; height: number } | undefined {
  const options = new Map((fields.get('format') ?? '').split(';').map((part) => part.split('=') as [string, string]))
  const [, across, down] = /^(\d+)\s*x\s*(\d+)$/i.exec(fields.get('geometry') ?? '') ?? []
  const width = Number(across ?? options.get('width') ?? fields.get('width'))
  const height = Number(down ?? options.get('height') ?? fields.get('height'))
  const fits = (value: number) => Number.isInteger(value) && value > 0 && value <= 65536
  return fits(width) && fits(height) ? { width, height } : undefined
}
