import { UsageError, writeWhole } from '../../base/index.ts'
import { type Drawable, draw, standaloneSvg } from '../../report/index.ts'

/** Values as JSON: typed arrays as lists of numbers. */
export function valueText(value: Drawable): string {
  return JSON.stringify(value, (_, part) => (ArrayBuffer.isView(part) ? [...(part as Float64Array)] : part), 1)
}

/**
 * Writes what an analysis gave: its picture where the file's name ends in `.svg`, its numbers where it ends in `.json`.
 * @throws UsageError for another ending
 */
export async function save(value: Drawable, file: string): Promise<void> {
  if (file.endsWith('.svg')) return writeWhole(file, `${standaloneSvg(draw(value))}\n`)
  if (file.endsWith('.json')) return writeWhole(file, `${valueText(value)}\n`)
  throw new UsageError({
    what: 'save writes pictures and numbers',
    place: file,
    expected: 'a file that ends in .svg or .json',
    got: file,
    next: "Write for example save(map, 'gradients.svg').",
  })
}
