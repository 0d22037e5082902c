import { plainText } from '../base/index.ts'

/** Rows under a head, in aligned columns; columns of numbers stand to the right. Cells may hold names from files. */
export function tableText(head: readonly string[], cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(plainText))
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)))
  const numeric = head.map((_, column) => rows.length > 0 && rows.every((row) => /^[-\d.]/.test(row[column])))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/** `87.35 %` of a share in 0..1; a dash for none. */
export function percentText(share: number | undefined, digits = 2): string {
  return share === undefined || !Number.isFinite(share) ? '-' : `${(100 * share).toFixed(digits)} %`
}

/** Mean, and the sample standard deviation where there are several: `88.12 ± 0.31 %`. */
export function meanText(shares: readonly number[]): string {
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  if (shares.length < 2) return percentText(mean)
  const squares = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0)
  return `${(100 * mean).toFixed(2)} ± ${(100 * Math.sqrt(squares / (shares.length - 1))).toFixed(2)} %`
}
