import {
  type Autocorrelation,
  type DependencyGraph,
  type Energy,
  type GradientMap,
  type GradientPaths,
  gradientLeft,
  type Histograms,
  type NeuronRecording,
  type Recording,
  type TruncationMap,
} from '../analysis/index.ts'
import { barChart } from './bar-chart.ts'
import { drawEnergy } from './energy-chart.ts'
import { lineChart } from './line-chart.ts'
import { matrixMap } from './matrix-map.ts'
import { sideBySide } from './svg.ts'
import { type GraphArrow, timeGraph } from './time-graph.ts'
import { traceChart } from './trace-chart.ts'

/** Whatever the analyses give that has a picture. */
export type Drawable =
  | GradientMap
  | Recording
  | Autocorrelation
  | Histograms
  | DependencyGraph
  | GradientPaths
  | TruncationMap
  | Energy

/** A picture of a value, as an SVG element whose colours come from the page; `standaloneSvg` makes a file of it. */
export function draw(value: Drawable): string {
  switch (value.type) {
    case 'gradientMap':
      return drawGradientMap(value)
    case 'recording':
      return drawRecording(value)
    case 'autocorrelation':
      return drawAutocorrelation(value)
    case 'histograms':
      return drawHistograms(value)
    case 'dependencyGraph':
      return drawDependencies(value)
    case 'gradientPaths':
      return drawPaths(value)
    case 'truncationMap':
      return drawTruncation(value)
    case 'energy':
      return drawEnergy(value)
  }
}

/** After how many steps is asked what is left of a gradient. */
export const distances = [1, 2, 4, 8, 16] as const

function drawGradientMap({ maps, T, unit, about }: GradientMap): string {
  const largest = Math.max(0, ...maps.flatMap(({ total }) => total.size.flatMap((row) => [...row])))
  const pictures = maps.map((map, i) =>
    matrixMap({
      title: map.name,
      description: `Size of ${unit}, from step t' (columns) back to step t (rows), for ${map.name}.`,
      size: map.total.size,
      largest,
      colour: i,
    }),
  )
  const seen = distances.filter((distance) => distance < T)
  const left = barChart({
    title: 'Gradient left after some steps',
    description: maps
      .map((map) => `${map.name}: ${seen.map((d) => `${percent(gradientLeft(map, d))} after ${d}`).join(', ')}`)
      .join('; '),
    x: 'size, in terms of the spatial gradient at the same step',
    rows: seen.map((distance) => `after ${distance} ${distance === 1 ? 'step' : 'steps'}`),
    groups: maps.map((map, i) => ({
      label: map.name,
      colour: i,
      values: seen.map((distance) => gradientLeft(map, distance)),
    })),
    format: percent,
  })
  const description = `${about}. Size of ${unit}: how much gradient the input of step t receives from step t'.`
  return sideBySide({ title: 'Gradient through time', description }, [...pictures, ...(seen.length > 0 ? [left] : [])])
}

function percent(share: number): string {
  if (!Number.isFinite(share)) return '-'
  return `${share >= 0.1 ? (100 * share).toFixed(0) : Number((100 * share).toPrecision(2))} %`
}

function drawRecording({ recordings, about }: Recording): string {
  const description = `${about}. The first neuron of each: its input, its states and its spikes.`
  return sideBySide({ title: 'Recordings', description }, recordings.map(drawOne), 2)
}

function drawOne(recording: NeuronRecording, i: number): string {
  const { name, M, T, x, s, states, values } = recording
  const first = (all: ArrayLike<number>) => Array.from({ length: T }, (_, t) => all[t * M])
  const spikes = Array.from(s).reduce((sum, value, at) => sum + (at % M === 0 && value !== 0 ? 1 : 0), 0)
  return traceChart({
    title: name,
    description: `${name} over ${T} steps: ${spikes} spikes; states ${states.join(', ') || 'none'}.`,
    traces: [
      { name: 'x', values: first(x), kind: 'bars', colour: 5 },
      ...states.map((state, k) => ({
        name: state,
        values: first(values[`${state}#1`] && state === 'u' ? values['u#1'] : values[state]),
        kind: 'line' as const,
        colour: i + k,
      })),
      { name: 's', values: first(s), kind: 'ticks', colour: 1 },
    ],
  })
}

function drawAutocorrelation({ curves, about }: Autocorrelation): string {
  return lineChart({
    title: 'Autocorrelation',
    description: `${about}. ${curves.map(({ name, values }) => `${name}: ${values[1]?.toFixed(2)} after one step`).join('; ')}.`,
    x: 'steps apart, k',
    y: 'R[k] / R[0]',
    wholeX: true,
    series: curves.map(({ name, values }, colour) => ({
      label: name,
      colour,
      points: [...values].map((value, k) => [k, value] as const),
    })),
  })
}

function drawHistograms({ histograms, of, about }: Histograms): string {
  return lineChart({
    title: `How ${of} is spread`,
    description: `${about}. Shares of neuron-steps by ${of}.`,
    x: of,
    y: 'share of neuron-steps',
    series: histograms.map(({ name, low, high, shares }, colour) => ({
      label: name,
      colour,
      points: [...shares].map((share, i) => [low + ((i + 0.5) * (high - low)) / shares.length, share] as const),
    })),
  })
}

function drawDependencies({ neuron, nodes, edges }: DependencyGraph): string {
  const rows = nodes.map(({ name }) => name)
  const arrows = edges.flatMap((edge): GraphArrow[] => {
    const colour = edge.acrossTime ? 1 : 0
    const dashed = edge.throughSpike
    const from = { row: edge.from, column: 0 }
    const to = { row: edge.to, column: edge.acrossTime ? 1 : 0 }
    const here = { from, to, colour, dashed }
    if (edge.acrossTime) return [here]
    return [here, { ...here, from: { ...from, column: 1 }, to: { ...to, column: 1 } }]
  })
  return timeGraph({
    title: `What ${neuron} is made of`,
    description: edges
      .map(({ from, to, acrossTime }) => `${to} reads ${from}${acrossTime ? ' of the step before' : ''}`)
      .join('; '),
    columns: ['step t - 1', 'step t'],
    rows,
    bare: ['x'],
    arrows,
    legend: [
      { label: 'within a step', colour: 0 },
      { label: 'through the spike: its derivative is the surrogate’s', colour: 0, dashed: true },
      { label: 'carried to the next step', colour: 1 },
    ],
  })
}

function drawPaths({ neuron, states, between, fromOutput, toInput, direct }: GradientPaths): string {
  const colourOf = (state: string) => 1 + states.indexOf(state)
  const columns = [0, 1, 2]
  const arrows = columns.flatMap((column): GraphArrow[] => [
    ...(direct ? [{ from: { column, row: 's' }, to: { column, row: 'x' }, colour: 0 }] : []),
    ...toInput
      .filter((name) => name !== 's')
      .map((row) => ({ from: { column, row: row }, to: { column, row: 'x' }, colour: colourOf(row) })),
    ...(column === 0
      ? []
      : [
          ...fromOutput.map((row) => ({
            from: { column, row: 's' },
            to: { column: column - 1, row: row },
            colour: 0,
            dashed: true,
          })),
          ...between.map(({ from, to }) => ({
            from: { column, row: from },
            to: { column: column - 1, row: to },
            colour: colourOf(from),
          })),
        ]),
  ])
  return timeGraph({
    title: `Ways of ${neuron}'s gradient`,
    description:
      `Back in time the gradient goes ${between.map(({ from, to }) => `from ${from} to ${to}`).join(', ') || 'nowhere'}; ` +
      `the input receives it from ${[...(direct ? ['the output'] : []), ...toInput].join(', ')}.`,
    columns: ['step t - 1', 'step t', 'step t + 1'],
    rows: ['s', ...states.filter((row) => row !== 's'), 'x'],
    bare: ['x'],
    arrows,
    legend: [
      { label: 'from the output', colour: 0 },
      ...states.map((state) => ({ label: `carried by ${state} from the step after`, colour: colourOf(state) })),
    ],
  })
}

function drawTruncation({ neuron, size, kept }: TruncationMap): string {
  const largest = Math.max(0, ...size.flatMap((row) => [...row]))
  const pictures = kept.map(({ name, entries }) =>
    matrixMap({
      title: name,
      description: `What ${name} keeps of the gradient; the rest is struck out.`,
      size,
      largest,
      kept: entries,
    }),
  )
  const description = `The gradient map of ${neuron}, and what each kind of truncation strikes out.`
  return sideBySide({ title: `Truncated backpropagation, ${neuron}`, description }, pictures)
}
