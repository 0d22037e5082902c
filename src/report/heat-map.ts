import { type Ink, inkOf } from './palette.ts'
import { element, escapeXml, picture, svgText } from './svg.ts'

export interface HeatMap {
  title: string
  description: string
  /** What the rows and the columns are. */
  rows: string
  columns: string
  labels: readonly string[]
  /** Square; counts. Each row is drawn as shares of its sum. */
  counts: readonly (readonly number[])[]
  colour?: Ink
  width?: number
}

/** A square of shares, such as a confusion matrix; shares are written where there is room. */
export function heatMap(chart: HeatMap): string {
  const { title, description, counts, labels, colour = 0, width = 440 } = chart
  const n = counts.length
  const named = n <= 20
  const left = named ? 92 : 26
  const top = named ? 80 : 26
  const cell = (width - left - (named ? 36 : 6)) / n
  const cells = counts.flatMap((row, r) => {
    const sum = row.reduce((total, count) => total + count, 0)
    return row.map((count, c) => {
      const share = sum > 0 ? count / sum : 0
      const x = left + c * cell
      const y = top + r * cell
      const style = `fill:${inkOf(colour)};fill-opacity:${share.toFixed(3)}`
      const hint = `${labels[r] ?? r}, taken for ${labels[c] ?? c}: ${count} of ${sum}`
      const box = element('rect', { x, y, width: cell - 1, height: cell - 1, rx: named ? 2 : 0, style }, [
        element('title', {}, escapeXml(hint)),
      ])
      const middle = { 'text-anchor': 'middle', 'font-size': 10, class: share > 0.55 ? 'on' : 'quiet' }
      const text = n <= 12 && share >= 0.005
      return box + (text ? svgText(x + cell / 2, y + cell / 2 + 3, (share * 100).toFixed(0), middle) : '')
    })
  })
  return picture({ width, height: top + n * cell + 6, title, description }, [
    element('rect', { x: left - 1, y: top - 1, width: n * cell + 1, height: n * cell + 1, class: 'grid', rx: 3 }),
    ...(named ? names(labels, left, top, cell) : []),
    svgText(left - 8, 14, `${chart.rows} ↓`, { class: 'quiet', 'text-anchor': 'end', 'font-size': 11 }),
    svgText(left + n * cell, 14, `${chart.columns} →`, { class: 'quiet', 'text-anchor': 'end', 'font-size': 11 }),
    ...cells,
  ])
}

function names(labels: readonly string[], left: number, top: number, cell: number): string[] {
  return labels.flatMap((label, i) => {
    const middle = (i + 0.5) * cell
    const x = left + middle + 3
    const y = top - 6
    return [
      svgText(left - 7, top + middle + 4, label.slice(0, 13), { 'text-anchor': 'end', 'font-size': 11 }),
      svgText(x, y, label.slice(0, 13), { transform: `rotate(-45 ${x.toFixed(1)} ${y})`, 'font-size': 11 }),
    ]
  })
}
