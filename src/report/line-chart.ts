import { type Ink, inkOf } from './palette.ts'
import { niceTicks, type Scale, scaleOver, scaleWithin } from './scale.ts'
import { element, escapeXml, picture, short, svgText } from './svg.ts'

export interface Series {
  label: string
  colour: Ink
  /** Fainter than 1 tells apart curves of one colour. */
  opacity?: number
  /** x and y; points that are not finite make gaps. */
  points: readonly (readonly [number, number])[]
  /** x, lowest and highest, as of several seeds. */
  band?: readonly (readonly [number, number, number])[]
  /** Drawn with dashes; in the legend too. */
  dashed?: boolean
}

export interface LineChart {
  title: string
  x: string
  y: string
  series: readonly Series[]
  description: string
  /** Whole numbers on the x axis. */
  wholeX?: boolean
  width?: number
  height?: number
}

const margin = { right: 14, bottom: 44, left: 46 }
const letterWidth = 6.6

/** Curves over a common axis, with a legend and, where several seeds are drawn as one, their range as a band. */
export function lineChart(chart: LineChart): string {
  const { title, description, series, width = 440 } = chart
  const legend = legendRows(series, width - margin.left - margin.right)
  const height = chart.height ?? 300 + 18 * Math.max(0, legend.length - 2)
  const top = 26 + 18 * legend.length
  const points = series.flatMap(({ points: own, band = [] }) => [
    ...own,
    ...band.flatMap(([x, low, high]) => [[x, low] as const, [x, high] as const]),
  ])
  const xs = points.map(([x]) => x).filter(Number.isFinite)
  const ys = points.map(([, y]) => y).filter(Number.isFinite)
  const size = { width, height, title, description }
  if (xs.length === 0 || ys.length === 0) {
    return picture(size, [
      svgText(width / 2, height / 2, 'nothing to draw yet', { class: 'quiet', 'text-anchor': 'middle' }),
    ])
  }
  const x = scaleWithin(Math.min(...xs), Math.max(...xs), margin.left + 6, width - margin.right, chart.wholeX)
  const y = scaleOver(niceTicks(Math.min(...ys), Math.max(...ys), 5), height - margin.bottom, top)
  return picture(size, [
    ...axes(chart, x, y, width, height, top),
    ...legend.flatMap((row, line) => row.map(({ item, at }) => legendItem(item, margin.left + at, 14 + 18 * line))),
    ...series.map((one) => bandOf(one, x, y)),
    ...series.map((one) => curve(one, x, y)),
  ])
}

function axes(chart: LineChart, x: Scale, y: Scale, width: number, height: number, top: number): string[] {
  const bottom = height - margin.bottom
  return [
    ...y.ticks.flatMap((tick) => [
      element('path', { class: 'grid', d: `M${margin.left} ${short(y(tick))}H${width - margin.right}` }),
      svgText(margin.left - 7, y(tick) + 4, y.label(tick), { class: 'quiet', 'text-anchor': 'end' }),
    ]),
    ...x.ticks.map((tick) => svgText(x(tick), bottom + 17, x.label(tick), { class: 'quiet', 'text-anchor': 'middle' })),
    svgText((margin.left + width - margin.right) / 2, height - 8, chart.x, { class: 'quiet', 'text-anchor': 'middle' }),
    svgText(margin.left, top - 9, chart.y, { class: 'quiet', 'text-anchor': 'start' }),
  ]
}

function colourOf({ colour }: Series): string {
  return inkOf(colour)
}

function curve(series: Series, x: Scale, y: Scale): string {
  const { points, dashed, label } = series
  let path = ''
  let drawing = false
  for (const [px, py] of points) {
    const seen = Number.isFinite(px) && Number.isFinite(py)
    if (seen) path += `${drawing ? 'L' : 'M'}${short(x(px))} ${short(y(py))}`
    drawing = seen
  }
  const stroke = {
    style: `stroke:${colourOf(series)};stroke-opacity:${series.opacity ?? 1}`,
    'stroke-dasharray': dashed ? '2 5' : undefined,
  }
  const few = points.length <= 12 ? points.filter(([px, py]) => Number.isFinite(px) && Number.isFinite(py)) : []
  const dots = few.map(([px, py]) =>
    element('circle', {
      cx: x(px),
      cy: y(py),
      r: dashed ? 2 : 2.6,
      style: `fill:${colourOf(series)};fill-opacity:${series.opacity ?? 1}`,
    }),
  )
  const title = element('title', {}, escapeXml(label))
  return element('g', {}, [title, path === '' ? '' : element('path', { class: 'series', d: path, ...stroke }), ...dots])
}

function bandOf(series: Series, x: Scale, y: Scale): string {
  const band = (series.band ?? []).filter((point) => point.every(Number.isFinite))
  if (band.length < 2) return ''
  const upper = band.map(([px, , high]) => `${short(x(px))} ${short(y(high))}`)
  const lower = band.map(([px, low]) => `${short(x(px))} ${short(y(low))}`).reverse()
  return element('path', {
    class: 'band',
    d: `M${[...upper, ...lower].join('L')}Z`,
    style: `fill:${colourOf(series)}`,
  })
}

interface Placed {
  item: Series
  at: number
}

function legendRows(series: readonly Series[], width: number): Placed[][] {
  const rows: Placed[][] = [[]]
  let at = 0
  for (const item of series) {
    const needed = 26 + item.label.length * letterWidth + 12
    if (at > 0 && at + needed > width) {
      rows.push([])
      at = 0
    }
    rows[rows.length - 1].push({ item, at })
    at += needed
  }
  return rows
}

function legendItem(series: Series, x: number, y: number): string {
  const stroke = {
    style: `stroke:${colourOf(series)};stroke-opacity:${series.opacity ?? 1}`,
    'stroke-dasharray': series.dashed ? '2 5' : undefined,
  }
  return (
    element('path', { class: 'series', d: `M${short(x)} ${short(y - 4)}h18`, ...stroke }) +
    svgText(x + 25, y, series.label)
  )
}
