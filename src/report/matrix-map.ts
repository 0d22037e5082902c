import { type Ink, inkOf } from './palette.ts'
import { element, escapeXml, picture, short, svgText } from './svg.ts'

export interface MatrixMap {
  title: string
  description: string
  /** Row t, column t'. */
  size: readonly ArrayLike<number>[]
  /** What is drawn in full colour. */
  largest: number
  /** Entries that are struck out; left out: none. */
  kept?: readonly (readonly boolean[])[]
  colour?: Ink
  width?: number
}

/** Powers of ten below the largest that can be seen. */
const decades = 4

/** How strongly a size is drawn, in 0..1: each tenth of it takes away a fifth. */
export function strength(size: number, largest: number): number {
  if (!(size > 0) || !(largest > 0)) return 0
  return Math.max(0, Math.min(1, 1 + Math.log10(size / largest) / (decades + 1)))
}

const [left, top, right] = [38, 46, 8]
const small = { class: 'quiet', 'font-size': 10 }

/** A map of gradient sizes over time, in steps of ten. */
export function matrixMap(chart: MatrixMap): string {
  const { title, description, size, largest, colour = 0, width = 280 } = chart
  const T = size.length
  const cell = (width - left - right) / T
  const fill = `fill:${inkOf(colour)}`
  const [bottom, end] = [top + T * cell, left + T * cell]
  const silent = !size.some((row) => Array.from(row).some((value) => value > 0))
  return picture({ width, height: bottom + 52, title, description }, [
    svgText(left, 14, title, { 'font-weight': 600 }),
    ...cells(chart, cell, fill),
    element('path', { class: 'grid', d: frame(size, cell) }),
    svgText(end, top - 18, "from step t' →", { ...small, 'text-anchor': 'end' }),
    svgText(left, top - 5, '1', small),
    ...(T > 1 ? [svgText(end, top - 5, `${T}`, { ...small, 'text-anchor': 'end' })] : []),
    svgText(left - 6, top - 5, 'to t ↓', { ...small, 'text-anchor': 'end' }),
    svgText(left - 6, top + 9, '1', { ...small, 'text-anchor': 'end' }),
    ...(T > 1 ? [svgText(left - 6, bottom - 2, `${T}`, { ...small, 'text-anchor': 'end' })] : []),
    ...(silent ? nothing(left + (T * cell) / 2, top + (T * cell) / 2) : scale(left, bottom + 16, fill, largest, width)),
  ])
}

function cells({ size, largest, kept }: MatrixMap, cell: number, fill: string): string[] {
  const parts: string[] = []
  for (let t = 0; t < size.length; t++)
    for (let source = 0; source < size.length; source++) {
      const value = size[t][source]
      const [x, y] = [left + source * cell, top + t * cell]
      if (kept && !kept[t][source]) {
        if (value > 0) parts.push(element('path', { class: 'struck', d: strike(x, y, cell) }))
        continue
      }
      const opacity = strength(value, largest)
      if (opacity === 0) continue
      const box = { x, y, width: Math.max(0.5, cell - 0.6), height: Math.max(0.5, cell - 0.6) }
      const hint = `from step ${source + 1} to step ${t + 1}: ${value.toPrecision(3)}`
      const style = `${fill};fill-opacity:${opacity.toFixed(3)}`
      parts.push(element('rect', { ...box, style }, [element('title', {}, escapeXml(hint))]))
    }
  return parts
}

/** Around the cells that can have a gradient. It comes from later steps alone, unless a map over time mixes all of them. */
function frame(size: MatrixMap['size'], cell: number): string {
  const T = size.length
  const [end, bottom] = [left + T * cell, top + T * cell]
  const anyway = size.some((row, t) => Array.from(row).some((value, source) => source < t && value > 0))
  if (anyway) return `M${left} ${top}H${short(end)}V${short(bottom)}H${left}Z`
  const stairs = Array.from({ length: T }, (_, t) => `V${short(top + (t + 1) * cell)}H${short(left + (t + 1) * cell)}`)
  return `M${short(end)} ${short(bottom)}V${top}H${left}${stairs.join('')}`
}

function nothing(x: number, y: number): string[] {
  const middle = { ...small, 'text-anchor': 'middle' }
  return [
    svgText(x, y - 4, 'no gradient comes back here:', middle),
    svgText(x, y + 10, 'no potential came near the threshold', middle),
  ]
}

function strike(x: number, y: number, cell: number): string {
  const inset = cell * 0.3
  const [a, b, c, d] = [x + inset, y + inset, x + cell - inset, y + cell - inset].map((v) => Math.round(v * 100) / 100)
  return `M${a} ${b}L${c} ${d}`
}

/** What the colours mean: the largest, a tenth of it, a hundredth... */
function scale(x: number, y: number, fill: string, largest: number, width: number): string[] {
  const apart = (width - x - right) / decades
  return Array.from({ length: decades }, (_, i) => {
    const opacity = strength(largest * 10 ** -i, largest)
    const box = {
      x: x + i * apart,
      y,
      width: 12,
      height: 12,
      rx: 2,
      style: `${fill};fill-opacity:${opacity.toFixed(3)}`,
    }
    return (
      element('rect', box) +
      svgText(x + i * apart + 16, y + 10, sizeText(largest * 10 ** -i), { class: 'quiet', 'font-size': 9 })
    )
  })
}

/** At most six characters: `0.004`, `3e-7`. */
function sizeText(size: number): string {
  return size > 0 && size < 1e-3 ? size.toExponential(0) : String(Number(size.toPrecision(1)))
}
