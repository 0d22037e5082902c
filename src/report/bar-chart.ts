import { type Ink, inkOf } from './palette.ts'
import { niceTicks, scaleOver } from './scale.ts'
import { element, picture, short, svgText } from './svg.ts'

export interface BarChart {
  title: string
  description: string
  /** What the length of a bar means. */
  x: string
  rows: readonly string[]
  groups: readonly { label: string; colour: Ink; opacity?: number; values: readonly (number | undefined)[] }[]
  /** A value as the text beside its bar. */
  format(value: number): string
  width?: number
}

const letterWidth = 6.6
const bottomMargin = 40

/** Lying bars, a row for each name and a bar for each group: names stay readable on a narrow screen. */
export function barChart(chart: BarChart): string {
  const { title, description, rows, groups, width = 440 } = chart
  const bar = groups.length > 2 ? 11 : 13
  const rowHeight = groups.length * (bar + 1) + 9
  const legend = legendRows(groups, width)
  const top = 12 + 18 * legend.length
  const left = Math.min(150, 14 + letterWidth * Math.max(4, ...rows.map((row) => row.length)))
  const height = top + rows.length * rowHeight + bottomMargin
  const finite = groups.flatMap(({ values }) => values.filter((value) => value !== undefined && Number.isFinite(value)))
  const x = scaleOver(niceTicks(0, Math.max(0, ...(finite as number[])) || 1, 4), left, width - 58)
  const bottom = height - bottomMargin
  const bars = groups.flatMap(({ values, colour, opacity = 1 }, g) =>
    rows.map((_, r) => {
      const value = values[r]
      if (value === undefined || !Number.isFinite(value)) return ''
      const y = top + r * rowHeight + 4 + g * (bar + 1)
      const style = `fill:${inkOf(colour)};fill-opacity:${opacity}`
      return (
        element('rect', { x: left, y, width: Math.max(0.5, x(value) - left), height: bar, rx: 2, style }) +
        svgText(x(value) + 5, y + bar / 2 + 3.5, chart.format(value), { class: 'quiet', 'font-size': 10 })
      )
    }),
  )
  return picture({ width, height, title, description }, [
    ...legend.flat(),
    ...x.ticks.flatMap((tick) => [
      element('path', { class: 'grid', d: `M${short(x(tick))} ${top}V${bottom}` }),
      svgText(x(tick), bottom + 14, chart.format(tick), { class: 'quiet', 'text-anchor': 'middle', 'font-size': 11 }),
    ]),
    svgText(width - 4, bottom + 32, chart.x, { class: 'quiet', 'text-anchor': 'end', 'font-size': 11 }),
    ...rows.map((row, r) =>
      svgText(left - 8, top + r * rowHeight + rowHeight / 2 + 3, shorten(row), { 'text-anchor': 'end' }),
    ),
    ...bars,
  ])
}

/** The legend, row by row. */
function legendRows(groups: BarChart['groups'], width: number): string[][] {
  const rows: string[][] = [[]]
  let x = 14
  for (const { label, colour, opacity = 1 } of groups) {
    const needed = 18 + label.length * letterWidth + 14
    if (x > 14 && x + needed > width) {
      rows.push([])
      x = 14
    }
    const y = 6 + 18 * (rows.length - 1)
    const style = `fill:${inkOf(colour)};fill-opacity:${opacity}`
    rows[rows.length - 1].push(
      element('rect', { x, y, width: 11, height: 11, rx: 2, style }) + svgText(x + 17, y + 10, label),
    )
    x += needed
  }
  return rows
}

function shorten(name: string): string {
  return name.length > 20 ? `…${name.slice(-19)}` : name
}
