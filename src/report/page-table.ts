import { escapeXml } from './svg.ts'

/** A table of texts. */
export interface PageTable {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** The columns that hold numbers. */
  readonly numbers: readonly number[]
}

/** A table as markup. On a narrow page each row becomes a card, which says what each of its values is. */
export function tableHtml({ head, rows, numbers }: PageTable, className = ''): string {
  const kind = (column: number) => (numbers.includes(column) ? ' class="number"' : '')
  const cell = (text: string, column: number) =>
    `<td${kind(column)} data-of="${escapeXml(head[column])}">${escapeXml(text)}</td>`
  const top = head.map((text, column) => `<th scope="col"${kind(column)}>${escapeXml(text)}</th>`).join('')
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')
  const own = className ? ` class="${className}"` : ''
  return `<div class="scroll" tabindex="0" role="region" aria-label="table"><table${own}><thead><tr>${top}</tr></thead><tbody>${body}</tbody></table></div>`
}

/**
 * Takes out the columns that say the same in every row.
 * @param kept columns that stay whatever they hold
 * @returns the table that is left, and what the others say
 */
export function withoutRepeats(table: PageTable, kept: readonly number[]): { table: PageTable; common: string[] } {
  const { head, rows, numbers } = table
  const repeats = (column: number) => !kept.includes(column) && rows.every((row) => row[column] === rows[0][column])
  const left = head.map((_, column) => column).filter((column) => !repeats(column))
  const common = head.flatMap((name, column) =>
    repeats(column) && rows.length > 0 && rows[0][column] !== '' ? [`${name}: ${rows[0][column]}`] : [],
  )
  return {
    table: {
      head: left.map((column) => head[column]),
      rows: rows.map((row) => left.map((column) => row[column])),
      numbers: left.flatMap((column, i) => (numbers.includes(column) ? [i] : [])),
    },
    common,
  }
}
