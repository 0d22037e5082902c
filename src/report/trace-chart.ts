import { type Ink, inkOf, plain } from './palette.ts'
import { stepsAt } from './raster-chart.ts'
import { element, escapeXml, picture, short, svgText } from './svg.ts'

export interface Trace {
  name: string
  values: ArrayLike<number>
  /** `ticks`: a stroke where it is not 0, as of spikes. */
  kind: 'line' | 'bars' | 'ticks'
  colour: Ink
  dashed?: boolean
  /** Another value on the same axis, drawn dashed and quiet: a threshold. */
  limit?: ArrayLike<number>
}

export interface TraceChart {
  title: string
  description: string
  traces: readonly Trace[]
  width?: number
}

const heights = { line: 74, bars: 44, ticks: 26 }

/** Values over time, one under the other, over one axis of steps. */
export function traceChart({ title, description, traces, width = 440 }: TraceChart): string {
  const [left, right] = [46, 10]
  const T = traces[0]?.values.length ?? 0
  const at = (t: number) => left + ((t + 0.5) * (width - left - right)) / Math.max(1, T)
  const parts: string[] = [svgText(left, 14, title, { 'font-weight': 600 })]
  let y = 26
  for (const trace of traces) {
    parts.push(...drawn(trace, at, y, left, width - right))
    y += heights[trace.kind] + 12
  }
  parts.push(
    ...stepsAt(T).map((t) =>
      svgText(at(t), y + 6, String(t + 1), { class: 'quiet', 'font-size': 10, 'text-anchor': 'middle' }),
    ),
    svgText(width - right, y + 21, 'time step', { class: 'quiet', 'font-size': 10, 'text-anchor': 'end' }),
  )
  return picture({ width, height: y + 30, title, description }, parts)
}

function drawn(trace: Trace, at: (t: number) => number, top: number, left: number, right: number): string[] {
  const { name, kind, colour, dashed } = trace
  const values = Array.from(trace.values)
  const limit = Array.from(trace.limit ?? [])
  const height = heights[kind]
  const bottom = top + height
  const ink = inkOf(colour)
  const label = svgText(left - 10, top + height / 2 + 4, name, { 'text-anchor': 'end' })
  const finite = [...values, ...limit].filter(Number.isFinite)
  const [low, most] = [Math.min(0, ...finite), Math.max(kind === 'ticks' ? 1 : 0, ...finite)]
  const high = most > low ? most : low + 1
  const y = (value: number) => bottom - ((value - low) / (high - low)) * height
  const zero = element('path', { class: 'grid', d: `M${left} ${short(y(0))}H${right}` })
  const hint = element('title', {}, escapeXml(`${name}: ${number(low)} to ${number(high)}`))
  const strokes = values.flatMap((value, t) =>
    value === 0 ? [] : [`M${short(at(t))} ${short(y(0))}V${short(y(value))}`],
  )
  const lineOf = (all: readonly number[]) =>
    all.map((value, t) => `${t === 0 ? 'M' : 'L'}${short(at(t))} ${short(y(value))}`).join('')
  const d = kind === 'line' ? lineOf(values) : strokes.join('')
  const style = `stroke:${ink};stroke-width:${kind === 'line' ? 1.6 : 2}`
  const ends = [
    svgText(left - 4, top + 8, number(high), { class: 'quiet', 'font-size': 9, 'text-anchor': 'end' }),
    svgText(left - 4, bottom, number(low), { class: 'quiet', 'font-size': 9, 'text-anchor': 'end' }),
  ]
  return [
    zero,
    label,
    ...(kind === 'line' ? ends : []),
    ...(limit.length > 0
      ? [element('path', { class: 'series', d: lineOf(limit), style: limitStyle, 'stroke-dasharray': '5 4' })]
      : []),
    element('g', {}, [
      hint,
      element('path', { class: 'series', d, style, 'stroke-dasharray': dashed ? '2 4' : undefined }),
    ]),
  ]
}

const limitStyle = `stroke:${plain.quiet};stroke-width:1.2`

function number(value: number): string {
  return String(Number(value.toPrecision(2)))
}
