import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export interface Curve {
  readonly name: string
  /** The name of a colour of the page. */
  readonly colour: string
  readonly points: readonly (readonly [x: number, y: number])[]
  readonly dots?: boolean
  /** Of two curves behind each other, the lower and the upper edge of a band, which is filled. */
  readonly edge?: 'low' | 'high'
}

interface PlotProps {
  readonly label: string
  readonly x: string
  readonly y: string
  readonly curves: readonly Curve[]
  readonly height?: number
  readonly percent?: boolean
}

/** Curves over a common axis; fast enough for a hundred thousand points. */
export function Plot({ label, x, y, curves, height = 220, percent = false }: PlotProps) {
  const place = useRef<HTMLDivElement>(null)
  const made = useRef<uPlot | null>(null)
  const data = joined(curves)
  const names = curves.map(({ name, colour }) => `${name} ${colour}`).join()
  useEffect(() => {
    const parent = place.current
    if (!parent) return
    const build = () => {
      made.current?.destroy()
      made.current = new uPlot(optionsFor(parent, { x, y, curves, height, percent }), joined(curves), parent)
    }
    build()
    const observer = new ResizeObserver(() => made.current?.setSize({ width: parent.clientWidth, height }))
    observer.observe(parent)
    addEventListener('spikelet-theme', build)
    return () => {
      observer.disconnect()
      removeEventListener('spikelet-theme', build)
      made.current?.destroy()
      made.current = null
    }
  }, [names, height, percent])
  useEffect(() => {
    made.current?.setData(data)
  })
  return <div ref={place} role="img" aria-label={label} style={{ minHeight: `${height}px` }} />
}

function optionsFor(
  parent: HTMLElement,
  { x, y, curves, height, percent }: Required<Omit<PlotProps, 'label'>>,
): uPlot.Options {
  const style = getComputedStyle(parent)
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  const axis = {
    stroke: colour('quiet'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line'), width: 1 },
    font: '11px system-ui, sans-serif',
    labelFont: '12px system-ui, sans-serif',
    labelSize: 18,
  }
  const text = (value: number | null) =>
    value === null ? '' : percent ? `${(100 * value).toFixed(1)} %` : Number(value.toPrecision(4)).toString()
  return {
    width: parent.clientWidth,
    height,
    scales: { x: { time: false } },
    legend: { live: false },
    cursor: { drag: { x: false, y: false } },
    axes: [
      { ...axis, label: x, size: 28 },
      {
        ...axis,
        label: y,
        size: 52,
        values: (_, ticks) => ticks.map((tick) => (percent ? `${Math.round(100 * tick)} %` : String(tick))),
      },
    ],
    bands: curves.flatMap(({ edge, colour: own }, i) =>
      edge === 'high' ? [{ series: [i + 1, i] as [number, number], fill: `${colour(own)}33` }] : [],
    ),
    series: [
      { label: x },
      ...curves.map(({ name, colour: own, dots = false, edge }) => ({
        label: name,
        stroke: colour(own),
        width: edge ? 0.5 : 1.8,
        spanGaps: true,
        points: { show: dots, size: 6, fill: colour(own) },
        value: (_: uPlot, value: number | null) => text(value),
      })),
    ],
  }
}

/** Curves as columns over all their places. */
function joined(curves: readonly Curve[]): uPlot.AlignedData {
  const tables = curves.map(({ points }): [number[], number[]] => [
    points.map(([at]) => at),
    points.map(([, value]) => value),
  ])
  if (tables.length === 0) return [[]]
  return tables.length === 1 ? tables[0] : uPlot.join(tables)
}
