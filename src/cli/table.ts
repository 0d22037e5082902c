import { percentNumber, percentText, plainText } from '../base/index.ts'
import { wrapWords } from './wrap.ts'

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

/**
 * A table in at most `width` letters whose last column is prose: it goes on below where it is too long. Words, such as paths,
 * stay whole.
 */
export function proseTable(head: readonly string[], cells: readonly (readonly string[])[], width: number): string {
  const last = head.length - 1
  const widthOf = (column: number) => Math.max(head[column].length, ...cells.map((row) => row[column].length))
  const before = head.slice(0, last).reduce((sum, _, column) => sum + widthOf(column) + 2, 0)
  const rows = cells.flatMap((row) =>
    wrapWords(row[last], Math.max(16, width - before)).map((line, i) => [
      ...row.slice(0, last).map((cell) => (i === 0 ? cell : '')),
      line,
    ]),
  )
  return tableText(head, rows)
}

/** Mean, and the sample standard deviation where there are several: `88.12 ± 0.31 %`. */
export function meanText(shares: readonly number[]): string {
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  if (shares.length < 2) return percentText(mean)
  const squares = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0)
  return `${percentNumber(mean)} ± ${percentText(Math.sqrt(squares / (shares.length - 1)))}`
}

/**
 * A table in at most `width` letters: columns that are needed least are left out until it fits, and a line says which. What
 * a cell holds, such as a path, is never broken; a table whose needed columns are wider than the terminal stays so.
 */
export function fittingTable(
  head: readonly string[],
  cells: readonly (readonly string[])[],
  { width, leastNeeded }: { readonly width: number; readonly leastNeeded: readonly string[] },
): string {
  let shown = head.map((_, column) => column)
  const table = () => tableText(of(head), cells.map(of))
  const of = (row: readonly string[]) => shown.map((column) => row[column])
  const left: string[] = []
  for (const name of leastNeeded) {
    if (table().split('\n')[1].length <= width) break
    shown = shown.filter((column) => head[column] !== name)
    left.push(name)
  }
  return left.length === 0 ? table() : `${table()}\n\nleft out to fit: ${left.join(', ')}`
}
