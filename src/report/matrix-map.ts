import { colourCount, element, escapeXml, picture, svgText } from './svg.ts'

export interface MatrixMap {
  title: string
  description: string
  /** Row t, column t'. */
  size: readonly ArrayLike<number>[]
  /** What is drawn in full colour. */
  largest: number
  /** Entries that are struck out; left out: none. */
  kept?: readonly (readonly boolean[])[]
  colour?: number
  width?: number
}

/** Powers of ten below the largest that can be seen. */
const decades = 4

/** How strongly a size is drawn, in 0..1: each tenth of it takes away a fifth. */
export function strength(size: number, largest: number): number {
  if (!(size > 0) || !(largest > 0)) return 0
  return Math.max(0, Math.min(1, 1 + Math.log10(size / largest) / (decades + 1)))
}

/** A map of gradient sizes over time, in steps of ten. */
export function matrixMap(chart: MatrixMap): string {
  const { title, description, size, largest, kept, colour = 0, width = 280 } = chart
  const T = size.length
  const [left, top, right] = [38, 34, 8]
  const cell = (width - left - right) / T
  const fill = `fill:var(--series-${colour % colourCount})`
  const parts: string[] = []
  for (let t = 0; t < T; t++)
    for (let source = 0; source < T; source++) {
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
  const [bottom, end] = [top + T * cell, left + T * cell]
  // A gradient comes from later steps alone, unless a map over time mixes all of them.
  const anyway = size.some((row, t) => Array.from(row).some((value, source) => source < t && value > 0))
  const frame = anyway ? `M${left} ${top}H${end}V${bottom}H${left}Z` : `M${left} ${top}H${end}V${bottom}`
  const empty = !size.some((row) => Array.from(row).some((value) => value > 0))
  const small = { class: 'quiet', 'font-size': 10 }
  return picture({ width, height: bottom + 52, title, description }, [
    svgText(left, 14, title, { 'font-weight': 600 }),
    element('path', { class: 'grid', d: frame }),
    ...parts,
    svgText(left, top - 5, '1', small),
    svgText(end, top - 5, `t' = ${T}`, { ...small, 'text-anchor': 'end' }),
    svgText(left - 6, top + 9, 't = 1', { ...small, 'text-anchor': 'end' }),
    svgText(left - 6, bottom, `${T}`, { ...small, 'text-anchor': 'end' }),
    ...(empty
      ? [svgText(left, bottom + 26, 'no gradient comes back here', small)]
      : scale(left, bottom + 16, width - left, fill, largest)),
  ])
}

function strike(x: number, y: number, cell: number): string {
  const inset = cell * 0.3
  const [a, b, c, d] = [x + inset, y + inset, x + cell - inset, y + cell - inset].map((v) => Math.round(v * 100) / 100)
  return `M${a} ${b}L${c} ${d}`
}

/** What the colours mean: the largest, a tenth of it, a hundredth... */
function scale(x: number, y: number, room: number, fill: string, largest: number): string[] {
  const step = room / decades
  return Array.from({ length: decades }, (_, i) => {
    const opacity = strength(largest * 10 ** -i, largest)
    const box = {
      x: x + i * step,
      y,
      width: 12,
      height: 12,
      rx: 2,
      style: `${fill};fill-opacity:${opacity.toFixed(3)}`,
    }
    // A long number would run out of the picture.
    const plain = String(Number((largest * 10 ** -i).toPrecision(1)))
    const label = plain.length > 7 ? (largest * 10 ** -i).toExponential(0) : plain
    return element('rect', box) + svgText(x + i * step + 15, y + 10, label, { class: 'quiet', 'font-size': 9 })
  })
}
