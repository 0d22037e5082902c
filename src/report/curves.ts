import { type Measure, measureIn } from '../losses/index.ts'
import { lineChart, type Series } from './line-chart.ts'
import { figureHtml } from './page.ts'
import { epochStatistics, neuronOf, type RunGroup, statisticsOf } from './run-groups.ts'
import type { EpochSummary, RunSummary } from './run-summary.ts'

type Pick = (epoch: EpochSummary) => number | undefined

/** How loss and accuracy went, by epoch and by update. */
export function curves(groups: readonly RunGroup[]): string {
  const loss = groups.flatMap((group) => [
    ...seriesOf(group, 'training', (epoch) => epoch.trainLoss, 1, false),
    ...seriesOf(group, 'validation', (epoch) => epoch.validationLoss, 1, true),
  ])
  const validated = groups.some((group) => epochStatistics(group, (epoch) => epoch.validationAccuracy).length > 0)
  const judged: Pick = validated ? (epoch) => epoch.validationAccuracy : (epoch) => epoch.testAccuracy
  const measures = groups.map(({ runs }) => measureIn(runs[0].config))
  const factor = measures.includes('R2') ? 1 : 100
  const accuracy = groups.flatMap((group) => [
    ...seriesOf(group, 'training', (epoch) => epoch.trainAccuracy, factor, false),
    ...seriesOf(group, validated ? 'validation' : 'test', judged, factor, true),
  ])
  if (loss.length === 0) return ''
  const band = groups.some((group) => group.runs.length > 1)
    ? ' A band reaches from the lowest run to the highest.'
    : ''
  const byEpoch = { x: 'epoch', wholeX: true }
  const charts = [
    figureHtml(
      lineChart({ title: 'Loss', ...byEpoch, y: 'loss', series: loss, description: lastValues(loss) }),
      `Loss by epoch.${band}`,
    ),
    figureHtml(
      lineChart({
        title: titleOf(measures),
        ...byEpoch,
        y: measures.includes('R2') ? 'R2' : `${measures[0]}, %`,
        series: accuracy,
        description: lastValues(accuracy),
      }),
      `${titleOf(measures)} by epoch${measures.includes('R2') ? '' : ', in percent'}.${band}`,
    ),
    byUpdate(groups),
  ]
  return `<div class="pair">${charts.filter(Boolean).join('\n')}</div>`
}

function titleOf([measure]: readonly Measure[]): string {
  return measure[0].toUpperCase() + measure.slice(1)
}

function seriesOf(group: RunGroup, what: string, pick: Pick, factor: number, dashed: boolean): Series[] {
  const epochs = epochStatistics(group, pick)
  if (epochs.length === 0) return []
  return [
    {
      label: `${group.label}, ${what}`,
      colour: group.colour,
      opacity: group.opacity,
      dashed,
      points: epochs.map(({ epoch, statistics }) => [epoch, factor * statistics.mean] as const),
      ...(group.runs.length > 1
        ? { band: epochs.map(({ epoch, statistics: { low, high } }) => [epoch, factor * low, factor * high] as const) }
        : {}),
    },
  ]
}

/** Of the first run of each group that kept its updates. */
function byUpdate(groups: readonly RunGroup[]): string {
  const series = groups.flatMap(({ label, colour, opacity, runs }): Series[] => {
    const points = runs.find(({ updates = [] }) => updates.length > 1)?.updates
    return points ? [{ label, colour, opacity, points }] : []
  })
  if (series.length === 0) return ''
  const chart = lineChart({
    title: 'Loss by update',
    x: 'update',
    y: 'loss',
    wholeX: true,
    width: 900,
    series,
    description: lastValues(series),
  })
  const which = groups.some(({ runs }) => runs.length > 1) ? ', of the first run of each kind' : ''
  return figureHtml(chart, `Training loss by update${which}.`, 'wide')
}

function lastValues(series: readonly Series[]): string {
  return series
    .map(({ label, points }) => `${label}: ${points[points.length - 1][1].toPrecision(3)} at the end`)
    .join('; ')
}

/** Test accuracy over what a sweep varies: a picture for each axis with several values. */
export function sweepCurves(runs: readonly RunSummary[], colours: ReadonlyMap<string, number>): string {
  const names = [...new Set(runs.flatMap(({ point }) => Object.keys(point?.axes ?? {})))]
  const charts = names.flatMap((axis) => {
    const lines = linesOver(runs, axis, colours)
    return lines.some(({ points }) => points.length > 1) ? [accuracyOver(axis, lines)] : []
  })
  return charts.length === 0 ? '' : `<div class="${charts.length === 1 ? 'narrow' : 'pair'}">${charts.join('\n')}</div>`
}

function accuracyOver(axis: string, series: readonly Series[]): string {
  const description = series
    .map(({ label, points }) => `${label}: ${points.map(([x, y]) => `${y.toFixed(1)} % at ${x}`).join(', ')}`)
    .join('; ')
  const chart = lineChart({ title: `Accuracy over ${axis}`, x: axis, y: 'test accuracy, %', series, description })
  return figureHtml(
    chart,
    `Test accuracy over ${axis}, mean of the runs. A band reaches from the lowest run to the highest.`,
  )
}

/** One curve for each neuron and each combination of the other axes. */
function linesOver(runs: readonly RunSummary[], axis: string, colours: ReadonlyMap<string, number>): Series[] {
  const lines = new Map<string, RunSummary[]>()
  for (const run of runs) {
    if (run.point?.axes[axis] === undefined) continue
    const others = Object.entries(run.point.axes).filter(([name]) => name !== axis)
    const label = [neuronOf(run), ...others.map(([name, value]) => `${name} = ${value}`)].join(', ')
    lines.set(label, [...(lines.get(label) ?? []), run])
  }
  return [...lines].map(([label, own]) => {
    const xs = [...new Set(own.map(({ point }) => point?.axes[axis] as number))].sort((a, b) => a - b)
    const at = xs.map((x) => {
      const accuracies = own.filter(({ point }) => point?.axes[axis] === x).map(({ final }) => 100 * final.testAccuracy)
      return { x, statistics: statisticsOf(accuracies) }
    })
    const neuron = neuronOf(own[0])
    const alike = [...lines.values()].filter(([first]) => neuronOf(first) === neuron)
    return {
      label,
      colour: colours.get(neuron) ?? 0,
      opacity: alike.length === 1 ? 1 : 0.35 + (0.65 * (1 + alike.indexOf(own))) / alike.length,
      points: at.map(({ x, statistics: { mean } }) => [x, mean] as const),
      ...(own.length > xs.length
        ? { band: at.map(({ x, statistics: { low, high } }) => [x, low, high] as const) }
        : {}),
    }
  })
}
