/** One row: a value per column; what is undefined stays empty. */
export type CsvRow = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * Rows as CSV (RFC 4180, with line feeds): the columns in the order in which rows first name them.
 * Numbers are written so that reading them gives the same bits.
 */
export function csvText(rows: readonly CsvRow[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  if (columns.length === 0) return ''
  const lines = [columns.map(csvField), ...rows.map((row) => columns.map((column) => csvField(row[column])))]
  return `${lines.map((fields) => fields.join(',')).join('\n')}\n`
}

function csvField(value: string | number | boolean | undefined): string {
  const plain = value === undefined ? '' : String(value)
  // Spreadsheets take such a text for a formula: a name of a file must not become one.
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
