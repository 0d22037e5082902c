import type { RasterPanel } from '../analysis/index.ts'
import { type Ink, inkOf, plain } from './palette.ts'
import { element, escapeXml, picture, short, svgText } from './svg.ts'

export interface RasterChart extends RasterPanel {
  readonly T: number
  readonly colour: Ink
  readonly width?: number
}

const [left, right, top] = [46, 12, 40]
const small = { class: 'quiet', 'font-size': 10 }

/** Spikes of some neurons, a row each, and under them the potential of one of them with its threshold as a dashed line. */
export function rasterChart(chart: RasterChart): string {
  const { name, T, spikes, neurons, silent, membrane, width = 300 } = chart
  const row = spikes.length > 16 ? 4 : spikes.length > 4 ? 7 : 14
  const step = (width - left - right) / Math.max(1, T)
  const at = (t: number) => left + (t + 0.5) * step
  const bottom = top + row * spikes.length
  const membraneTop = bottom + 14
  const end = membrane ? membraneTop + membraneHeight : bottom
  const seen = `${neurons === 1 ? '1 neuron' : `${spikes.length} of ${neurons} neurons`}${silent > 0 ? `, ${silent} silent` : ''}`
  const description =
    `Spikes of ${seen} over ${T} steps.` +
    (membrane ? ` Potential ${membrane.name} of one of them, and its threshold.` : '')
  return picture({ width, height: end + 36, title: name, description }, [
    svgText(left, 14, name, { 'font-weight': 600 }),
    svgText(left, 30, seen, small),
    element('rect', { class: 'grid', x: left, y: top, width: width - left - right, height: row * spikes.length }),
    ticks(chart, at, row, Math.max(1.6, Math.min(10, step * 0.7))),
    ...(spikes.length === 0 || silent === neurons
      ? [svgText((left + width - right) / 2, top + 12, 'no spikes', { ...small, 'text-anchor': 'middle' })]
      : []),
    svgText(left - 6, top + 10, 'neuron', { ...small, 'text-anchor': 'end' }),
    ...(membrane ? potential(chart, membrane, at, membraneTop) : []),
    ...stepsAt(T).map((t) => svgText(at(t), end + 15, String(t + 1), { ...small, 'text-anchor': 'middle' })),
    svgText(width - right, end + 29, 'time step', { ...small, 'text-anchor': 'end' }),
  ])
}

const membraneHeight = 72

function ticks({ spikes, colour }: RasterChart, at: (t: number) => number, row: number, wide: number): string {
  const d = spikes.flatMap((steps, i) =>
    steps.map((t) => `M${short(at(t) - wide / 2)} ${short(top + row * (i + 0.5))}h${short(wide)}`),
  )
  if (d.length === 0) return ''
  return element('path', { d: d.join(''), style: `fill:none;stroke:${inkOf(colour)};stroke-width:${row - 1}` })
}

function potential(
  { spikes, colour, width = 300 }: RasterChart,
  { name, neuron, potential: values, threshold }: NonNullable<RasterPanel['membrane']>,
  at: (t: number) => number,
  from: number,
): string[] {
  const finite = [...values, ...threshold, 0].filter(Number.isFinite)
  const [low, high] = [Math.min(...finite), Math.max(...finite)]
  const y = (value: number) => from + 4 + ((high - value) / (high - low || 1)) * (membraneHeight - 8)
  const line = (all: readonly number[]) =>
    all
      .map((value, t) =>
        Number.isFinite(value) ? `${Number.isFinite(all[t - 1]) ? 'L' : 'M'}${short(at(t))} ${short(y(value))}` : '',
      )
      .join('')
  const shape = { class: 'series', 'stroke-width': 1.6 }
  const label = threshold[0] === threshold[threshold.length - 1] ? Number(threshold[0].toPrecision(3)) : 'moves'
  return [
    element('path', { class: 'grid', d: `M${left} ${short(y(0))}H${width - right}` }),
    element('path', {
      ...shape,
      d: line(threshold),
      style: `stroke:${plain.quiet};stroke-width:1.2`,
      'stroke-dasharray': '5 4',
    }),
    element('g', {}, [
      element('title', {}, escapeXml(`${name} of one neuron; dashed: its threshold, ${label}`)),
      element('path', { ...shape, d: line(values), style: `stroke:${inkOf(colour)};stroke-width:1.6` }),
      ...spikes[neuron]
        .filter((t) => Number.isFinite(values[t]))
        .map((t) => element('circle', { cx: at(t), cy: y(values[t]), r: 2.6, style: `fill:${plain.ink}` })),
    ]),
    svgText(left - 6, from + membraneHeight / 2 + 3, name.replace(/#1$/, ''), { ...small, 'text-anchor': 'end' }),
    svgText(left - 6, y(high) + 6, String(Number(high.toPrecision(2))), {
      class: 'quiet',
      'font-size': 9,
      'text-anchor': 'end',
    }),
    svgText(left - 6, y(low) + 2, String(Number(low.toPrecision(2))), {
      class: 'quiet',
      'font-size': 9,
      'text-anchor': 'end',
    }),
  ]
}

/** Steps whose number is written: the first, the last, and some between. */
export function stepsAt(T: number, most = 6): number[] {
  const count = Math.min(most, T)
  return [...new Set(Array.from({ length: count }, (_, i) => Math.round((i * (T - 1)) / Math.max(1, count - 1))))]
}
