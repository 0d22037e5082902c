import {
  type Autocorrelation,
  type DependencyGraph,
  type Energy,
  type GradientMap,
  type GradientPaths,
  gradientLeft,
  type Histograms,
  type NeuronRecording,
  type Raster,
  type Recording,
  type SurrogateCurves,
  type TruncationMap,
} from '../analysis/index.ts'
import { figuresText, percentText } from '../base/index.ts'
import { barChart } from './bar-chart.ts'
import { drawEnergy } from './energy-chart.ts'
import { lineChart } from './line-chart.ts'
import { matrixMap } from './matrix-map.ts'
import { coloursOf, type Ink, plain, ways } from './palette.ts'
import { rasterChart } from './raster-chart.ts'
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
  | Raster
  | SurrogateCurves

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
    case 'raster':
      return drawRaster(value)
    case 'surrogates':
      return drawSurrogates(value)
  }
}

/** After how many steps is asked what is left of a gradient. */
export const distances = [1, 2, 4, 8, 16] as const

function drawGradientMap({ maps, T, unit, about }: GradientMap): string {
  const largest = Math.max(0, ...maps.flatMap(({ total }) => total.size.flatMap((row) => [...row])))
  const colours = coloursOf(maps.map(({ name }) => name))
  const pictures = maps.map((map) =>
    matrixMap({
      title: map.name,
      description: `Size of ${unit}, from step t' (columns) back to step t (rows), for ${map.name}.`,
      size: map.total.size,
      largest,
      colour: colours.get(map.name) ?? 0,
    }),
  )
  const seen = distances.filter((distance) => distance < T)
  const left = barChart({
    title: 'Gradient left after some steps',
    description: maps
      .map((map) => `${map.name}: ${seen.map((d) => `${percent(gradientLeft(map, d))} after ${d}`).join(', ')}`)
      .join('; '),
    x: 'share of the gradient at the same step',
    rows: seen.map((distance) => `after ${distance} ${distance === 1 ? 'step' : 'steps'}`),
    groups: maps.map((map) => ({
      label: map.name,
      colour: colours.get(map.name) ?? 0,
      values: seen.map((distance) => gradientLeft(map, distance)),
    })),
    format: percent,
  })
  const description = `${about}. Size of ${unit}: how much gradient the input of step t receives from step t'.`
  return sideBySide({ title: 'Gradient through time', description }, [...pictures, ...(seen.length > 0 ? [left] : [])])
}

function percent(share: number): string {
  return share >= 0.1 ? percentText(share, 0) : figuresText(share, 2)
}

function drawRecording({ recordings, about }: Recording): string {
  const description = `${about}. One neuron of each: its input, its states and its spikes.`
  const colours = coloursOf(recordings.map(({ name }) => name))
  const charts = recordings.map((one) => drawOne(one, colours.get(one.name) ?? 0))
  return sideBySide({ title: 'Recordings', description }, charts, 2)
}

/** The neuron of which most can be seen: of those that fire, the one with the median number of spikes. */
function neuronToShow({ M, T, s }: NeuronRecording): number {
  const spikes = (i: number) => Array.from({ length: T }, (_, t) => s[t * M + i]).filter((value) => value !== 0).length
  const firing = Array.from({ length: M }, (_, i) => ({ i, count: spikes(i) })).filter(({ count }) => count > 0)
  firing.sort((a, b) => a.count - b.count || a.i - b.i)
  return firing.length === 0 ? 0 : firing[Math.floor(firing.length / 2)].i
}

function drawOne(recording: NeuronRecording, colour: Ink): string {
  const { name, M, T, x, s, states, values, membrane } = recording
  const shown = neuronToShow(recording)
  const column = (all: ArrayLike<number>) => Array.from({ length: T }, (_, t) => all[t * M + shown])
  const spikes = column(s).filter((value) => value !== 0).length
  const named = membrane && !states.includes(membrane.name.replace(/#\d+$/, '')) ? [membrane.name, ...states] : states
  return traceChart({
    title: M > 1 ? `${name}, neuron ${shown + 1} of ${M}` : name,
    description: `${name} over ${T} steps: ${spikes} spikes; states ${states.join(', ') || 'none'}.`,
    traces: [
      { name: 'x', values: column(x), kind: 'bars', colour: plain.quiet },
      ...named.map((state, k) => {
        const compared = membrane?.name.replace(/#\d+$/, '') === state || membrane?.name === state
        return {
          name: state,
          values: column(compared && membrane ? membrane.potential : values[state]),
          kind: 'line' as const,
          colour,
          dashed: k > 0,
          ...(compared && membrane ? { limit: column(membrane.threshold) } : {}),
        }
      }),
      { name: 's', values: column(s), kind: 'ticks', colour: plain.ink },
    ],
  })
}

/** Spikes in rows, and the potential of one neuron with its threshold. */
function drawRaster({ T, about, panels }: Raster): string {
  const colours = coloursOf(panels.map(({ name }) => name))
  const description = `${about}. Spikes of neurons that fire, a row each.`
  return sideBySide(
    { title: 'Spikes', description },
    panels.map((panel) => rasterChart({ ...panel, T, colour: colours.get(panel.name) ?? 0 })),
  )
}

/** A small chart for each: their heights differ too much for one. */
function drawSurrogates({ v, curves }: SurrogateCurves): string {
  const charts = curves.map(({ name, alpha, values }) =>
    lineChart({
      title: name,
      description: `Derivative of the surrogate ${name}, alpha ${alpha}: ${values[values.length >> 1].toFixed(2)} at the threshold.`,
      x: 'v',
      y: '',
      width: 240,
      height: 190,
      series: [
        { label: `${name}, ${alpha}`, colour: plain.first, points: [...values].map((y, i) => [v[i], y] as const) },
      ],
    }),
  )
  const description = 'What stands in for the derivative of spike(v) around the threshold, with alpha.'
  return sideBySide({ title: 'Surrogates', description }, charts, 3)
}

function drawAutocorrelation({ curves, about }: Autocorrelation): string {
  return lineChart({
    title: 'Autocorrelation',
    description: `${about}. ${curves.map(({ name, values }) => `${name}: ${values[1]?.toFixed(2)} after one step`).join('; ')}.`,
    x: 'steps apart, k',
    y: 'R[k] / R[0]',
    wholeX: true,
    series: coloured(curves).map(({ name, values, colour, dashed }) => ({
      label: name,
      colour,
      dashed,
      points: [...values].map((value, k) => [k, value] as const),
    })),
  })
}

/** Curves of one neuron's values share its colour; all but the first of a neuron are dashed. */
function coloured<Curve extends { readonly name: string }>(curves: readonly Curve[]) {
  const neurons = curves.map(({ name }) => name.replace(/^.* of /, ''))
  const colours = coloursOf(neurons)
  return curves.map((curve, i) => ({
    ...curve,
    colour: colours.get(neurons[i]) ?? 0,
    dashed: neurons.indexOf(neurons[i]) < i,
  }))
}

function drawHistograms({ histograms, of, about }: Histograms): string {
  return lineChart({
    title: `How ${of} is spread`,
    description: `${about}. Shares of neuron-steps by ${of}.`,
    x: of,
    y: 'share of neuron-steps',
    series: coloured(histograms).map(({ name, low, high, shares, colour, dashed }) => ({
      label: name,
      colour,
      dashed,
      points: [...shares].map((share, i) => [low + ((i + 0.5) * (high - low)) / shares.length, share] as const),
    })),
  })
}

function drawDependencies({ neuron, nodes, edges }: DependencyGraph): string {
  const rows = nodes.map(({ name }) => name)
  const arrows = edges.flatMap((edge): GraphArrow[] => {
    const colour = edge.acrossTime ? plain.second : plain.first
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
      { label: 'within a step', colour: plain.first },
      { label: 'through the spike: its derivative is the surrogate’s', colour: plain.first, dashed: true },
      { label: 'carried to the next step', colour: plain.second },
    ],
  })
}

function drawPaths({ neuron, states, between, fromOutput, toInput, direct }: GradientPaths): string {
  const colourOf = (state: string) => ways[(1 + states.indexOf(state)) % ways.length]
  const columns = [0, 1, 2]
  const arrows = columns.flatMap((column): GraphArrow[] => [
    ...(direct ? [{ from: { column, row: 's' }, to: { column, row: 'x' }, colour: ways[0] }] : []),
    ...toInput
      .filter((name) => name !== 's')
      .map((row) => ({ from: { column, row: row }, to: { column, row: 'x' }, colour: colourOf(row) })),
    ...(column === 0
      ? []
      : [
          ...fromOutput.map((row) => ({
            from: { column, row: 's' },
            to: { column: column - 1, row: row },
            colour: ways[0],
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
      { label: 'from the output', colour: ways[0] },
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
      colour: coloursOf([neuron]).get(neuron) ?? 0,
    }),
  )
  const description = `The gradient map of ${neuron}, and what each kind of truncation strikes out.`
  return sideBySide({ title: `Truncated backpropagation, ${neuron}`, description }, pictures)
}
