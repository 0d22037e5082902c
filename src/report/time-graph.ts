import { type Ink, inkOf } from './palette.ts'
import { element, picture, short, svgText } from './svg.ts'

export interface GraphArrow {
  from: { column: number; row: string }
  to: { column: number; row: string }
  colour: Ink
  dashed?: boolean
}

export interface TimeGraph {
  title: string
  description: string
  columns: readonly string[]
  rows: readonly string[]
  /** Places that are drawn as a name alone: an input, say. */
  bare?: readonly string[]
  arrows: readonly GraphArrow[]
  legend: readonly { label: string; colour: Ink; dashed?: boolean }[]
  width?: number
}

const [radius, rowHeight, top] = [15, 56, 62]

/** Named values in rows, time steps in columns, and arrows between them. */
export function timeGraph(chart: TimeGraph): string {
  const { title, description, columns, rows, arrows, legend, bare = [], width = 440 } = chart
  const columnWidth = (width - 60) / columns.length
  const place = ({ column, row }: GraphArrow['from']): [number, number] => [
    40 + columnWidth * (column + 0.5),
    top + rowHeight * (rows.indexOf(row) + 0.5),
  ]
  const height = top + rows.length * rowHeight + 16 + 18 * legend.length
  return picture({ width, height, title, description }, [
    element('defs', {}, arrowHeads(arrows, title)),
    svgText(14, 16, title, { 'font-weight': 600 }),
    ...columns.map((name, column) =>
      svgText(40 + columnWidth * (column + 0.5), 42, name, { class: 'quiet', 'text-anchor': 'middle' }),
    ),
    ...arrows.map((arrow) => arrowPath(arrow, place(arrow.from), place(arrow.to), title)),
    ...columns.flatMap((_, column) => rows.map((row) => node(row, place({ column, row }), bare.includes(row)))),
    ...legend.flatMap(({ label, colour, dashed }, i) => {
      const y = height - 14 - 18 * (legend.length - 1 - i)
      return [
        element('path', { class: 'arrow', d: `M20 ${y - 4}h22`, ...strokeOf(colour, dashed) }),
        svgText(50, y, label, { class: 'quiet', 'font-size': 11 }),
      ]
    }),
  ])
}

function node(name: string, [x, y]: [number, number], bare: boolean): string {
  const circle = { cx: x, cy: y, r: radius, style: 'fill:var(--card);stroke:var(--quiet)' }
  return (bare ? '' : element('circle', circle)) + svgText(x, y + 4, name, { 'text-anchor': 'middle', 'font-size': 11 })
}

function strokeOf(colour: Ink, dashed: boolean | undefined) {
  return { style: `stroke:${inkOf(colour)}`, 'stroke-dasharray': dashed ? '4 4' : undefined }
}

const headId = (title: string, colour: Ink) => `head-${`${title}-${colour}`.replace(/\W+/g, '-')}`

function arrowHeads(arrows: readonly GraphArrow[], title: string): string[] {
  return [...new Set(arrows.map(({ colour }) => colour))].map((colour) =>
    element(
      'marker',
      {
        id: headId(title, colour),
        viewBox: '0 0 8 8',
        refX: 7,
        refY: 4,
        markerWidth: 7,
        markerHeight: 7,
        orient: 'auto',
      },
      element('path', { d: 'M0 0L8 4L0 8Z', style: `fill:${inkOf(colour)}` }),
    ),
  )
}

/** Between columns nearly straight; inside a column a bow beside it, the wider the further it goes. */
function arrowPath(arrow: GraphArrow, [x1, y1]: [number, number], [x2, y2]: [number, number], title: string): string {
  const same = x1 === x2
  const bow = same ? Math.sign(y2 - y1) * (8 + 0.32 * Math.abs(y2 - y1)) : 0
  const [cx, cy] = [(x1 + x2) / 2 + bow, (y1 + y2) / 2 - (same ? 0 : 10)]
  const [sx, sy] = towards([x1, y1], [cx, cy], radius)
  const [ex, ey] = towards([x2, y2], [cx, cy], radius + 2)
  const d = `M${short(sx)} ${short(sy)}Q${short(cx)} ${short(cy)} ${short(ex)} ${short(ey)}`
  const head = `url(#${headId(title, arrow.colour)})`
  return element('path', { class: 'arrow', d, ...strokeOf(arrow.colour, arrow.dashed), 'marker-end': head })
}

function towards([x, y]: [number, number], [tx, ty]: [number, number], distance: number): [number, number] {
  const length = Math.hypot(tx - x, ty - y) || 1
  return [x + ((tx - x) * distance) / length, y + ((ty - y) * distance) / length]
}
