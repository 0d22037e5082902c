import { barChart } from './bar-chart.ts'
import { heatMap } from './heat-map.ts'
import { lineChart, type Series } from './line-chart.ts'
import { figureHtml, pageHtml } from './page.ts'
import { epochStatistics, groupRuns, type RunGroup, statisticsOf } from './run-groups.ts'
import { energies, gradientMaps } from './run-pictures.ts'
import type { EpochSummary, RunSummary } from './run-summary.ts'
import { colourCount, escapeXml } from './svg.ts'

/**
 * Runs as one HTML page that needs nothing beside itself: no scripts, no network.
 * Runs that share neuron, model and data set are drawn as one curve, their range as a band.
 * @throws nothing: missing or non-finite values are left out
 */
export function reportHtml(runs: readonly RunSummary[]): string {
  const groups = groupRuns(runs)
  const parts = [
    header(runs, groups),
    section('How it learnt', curves(groups)),
    section('Results', results(runs)),
    section('How often neurons fire', firingRates(groups), 'narrow'),
    section('Where gradients go through time', gradientMaps(groups), 'stack'),
    section('What energy it takes', energies(groups), 'stack'),
    section('What was taken for what', confusions(groups), 'pair'),
    section('To repeat it', runs.map(details).join('\n')),
  ]
  return pageHtml({ title: titleOf(runs), body: parts.filter(Boolean).join('\n') })
}

function section(title: string, contents: string, className = ''): string {
  if (contents === '') return ''
  const inside = className ? `<div class="${className}">${contents}</div>` : contents
  return `<section>\n<h2>${title}</h2>\n${inside}\n</section>`
}

function distinct(values: readonly string[]): string {
  return [...new Set(values)].join(', ')
}

function titleOf(runs: readonly RunSummary[]): string {
  if (runs.length === 0) return 'No runs yet'
  return `${distinct(runs.map((run) => run.neuron))} on ${distinct(runs.map((run) => run.dataset))}`
}

function header(runs: readonly RunSummary[], groups: readonly RunGroup[]): string {
  if (runs.length === 0) return '<h1>No runs yet</h1>\n<p class="quiet">Train something, and report again.</p>'
  const models = distinct(runs.map((run) => run.model))
  const count = runs.length === 1 ? 'one run' : `${runs.length} runs`
  return `<header>
<h1>${escapeXml(titleOf(runs))}</h1>
<p class="quiet">${escapeXml(models)}, ${count}</p>
<ul class="tiles">
${groups.map(tile).join('\n')}
</ul>
</header>`
}

function tile({ label, colour, runs }: RunGroup): string {
  const { mean, deviation, count } = statisticsOf(runs.map((run) => run.final.testAccuracy))
  const spread = count > 1 ? `± ${percent(deviation)} over ${count} runs, ` : ''
  const rule = distinct(runs.map((run) => run.final.rule))
  return `<li class="tile" style="--own:var(--series-${colour % colourCount})">${escapeXml(label)}
<b>${percent(mean)} %</b><small>test accuracy, ${spread}${escapeXml(rule)}</small></li>`
}

type Pick = (epoch: EpochSummary) => number | undefined

function seriesOf(group: RunGroup, what: string, pick: Pick, factor: number, dashed: boolean): Series[] {
  const epochs = epochStatistics(group, pick)
  if (epochs.length === 0) return []
  return [
    {
      label: `${group.label}, ${what}`,
      colour: group.colour,
      dashed,
      points: epochs.map(({ epoch, statistics }) => [epoch, factor * statistics.mean] as const),
      ...(group.runs.length > 1
        ? { band: epochs.map(({ epoch, statistics: { low, high } }) => [epoch, factor * low, factor * high] as const) }
        : {}),
    },
  ]
}

function curves(groups: readonly RunGroup[]): string {
  const loss = groups.flatMap((group) => [
    ...seriesOf(group, 'training', (epoch) => epoch.trainLoss, 1, false),
    ...seriesOf(group, 'validation', (epoch) => epoch.validationLoss, 1, true),
  ])
  const validated = groups.some((group) => epochStatistics(group, (epoch) => epoch.validationAccuracy).length > 0)
  const judged: Pick = validated ? (epoch) => epoch.validationAccuracy : (epoch) => epoch.testAccuracy
  const accuracy = groups.flatMap((group) => [
    ...seriesOf(group, 'training', (epoch) => epoch.trainAccuracy, 100, false),
    ...seriesOf(group, validated ? 'validation' : 'test', judged, 100, true),
  ])
  if (loss.length === 0) return ''
  const charts = [
    lineChart({ title: 'Loss', x: 'epoch', y: 'loss', series: loss, wholeX: true, description: lastValues(loss) }),
    lineChart({
      title: 'Accuracy',
      x: 'epoch',
      y: 'accuracy, %',
      series: accuracy,
      wholeX: true,
      description: lastValues(accuracy),
    }),
  ]
  const band = groups.some((group) => group.runs.length > 1) ? ' Bands reach from the lowest to the highest run.' : ''
  const captions = ['Loss by epoch.', 'Accuracy by epoch, in percent.'].map((text) => text + band)
  return `<div class="pair">${charts.map((chart, i) => figureHtml(chart, captions[i])).join('\n')}</div>`
}

function lastValues(series: readonly Series[]): string {
  return series
    .map(({ label, points }) => `${label}: ${points[points.length - 1][1].toPrecision(3)} at the end`)
    .join('; ')
}

function results(runs: readonly RunSummary[]): string {
  if (runs.length === 0) return ''
  const rows = runs.map((run) => {
    const speeds = run.epochs.map((epoch) => epoch.imagesPerSecond).filter(Number.isFinite)
    return [
      run.name,
      percent(run.final.testAccuracy),
      percent(run.final.lastEpochTestAccuracy),
      String(run.final.bestEpoch),
      speeds.length > 0 ? statisticsOf(speeds).mean.toPrecision(3) : '',
      run.neuron,
      run.model,
      run.dataset,
      run.final.rule,
    ]
  })
  const numbers = ['test, %', 'last epoch, %', 'best epoch', 'images/s']
  return table(['run', ...numbers, 'neuron', 'model', 'data set', 'epoch chosen by'], rows, [1, 2, 3, 4])
}

/** All that stands in a table is escaped here. @param numbers the columns that hold numbers */
function table(heads: readonly string[], rows: readonly (readonly string[])[], numbers: readonly number[]): string {
  const kind = (column: number) => (numbers.includes(column) ? ' class="number"' : '')
  const head = heads.map((text, column) => `<th scope="col"${kind(column)}>${escapeXml(text)}</th>`).join('')
  const body = rows.map(
    (row) => `<tr>${row.map((text, column) => `<td${kind(column)}>${escapeXml(text)}</td>`).join('')}</tr>`,
  )
  return `<div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`
}

function firingRates(groups: readonly RunGroup[]): string {
  const layers = [
    ...new Set(groups.flatMap(({ runs }) => runs.flatMap((run) => run.firingRates.map(({ layer }) => layer)))),
  ]
  if (layers.length === 0) return ''
  const bars = groups.map(({ label, colour, runs }) => ({
    label,
    colour,
    values: layers.map((layer) => {
      const rates = runs.flatMap((run) =>
        run.firingRates.filter((one) => one.layer === layer).map(({ rate }) => 100 * rate),
      )
      return rates.length > 0 ? statisticsOf(rates).mean : undefined
    }),
  }))
  const words = bars.map(({ label, values }) => {
    const known = values.filter((value) => value !== undefined)
    return known.length > 0 ? `${label}: ${statisticsOf(known).mean.toPrecision(3)} % on average` : `${label}: unknown`
  })
  const chart = barChart({
    title: 'Firing rate by layer',
    description: words.join('; '),
    x: 'firing rate, %',
    rows: layers,
    groups: bars,
    format: (value) => String(Number(value.toPrecision(3))),
  })
  return figureHtml(chart, 'Spikes per neuron and time step, in percent, by layer from the input on.')
}

function confusions(groups: readonly RunGroup[]): string {
  return groups
    .flatMap(({ runs, colour }) => runs.map((run) => confusion(run, colour)))
    .filter(Boolean)
    .join('\n')
}

function confusion({ name, confusion: counts, classes = [] }: RunSummary, colour: number): string {
  if (!counts || counts.length === 0) return ''
  const total = counts.flat().reduce((sum, count) => sum + count, 0)
  const right = counts.reduce((sum, row, i) => sum + row[i], 0)
  const chart = heatMap({
    title: `Confusion matrix of ${name}`,
    description: `${right} of ${total} test images right. ${worstConfusion(counts, classes)}`,
    rows: 'is',
    columns: 'taken for',
    labels: classes.length === counts.length ? classes : counts.map((_, i) => String(i)),
    counts,
    colour,
  })
  return figureHtml(chart, `${name}: shares of each true class in percent. ${worstConfusion(counts, classes)}`)
}

function worstConfusion(counts: readonly (readonly number[])[], classes: readonly string[]): string {
  let worst = { count: 0, row: 0, column: 0 }
  for (const [row, line] of counts.entries()) {
    for (const [column, count] of line.entries())
      if (row !== column && count > worst.count) worst = { count, row, column }
  }
  if (worst.count === 0) return 'No confusion at all.'
  const nameOf = (label: number) => classes[label] ?? `class ${label}`
  const all = counts[worst.row].reduce((sum, count) => sum + count, 0)
  const share = ((100 * worst.count) / all).toFixed(0)
  return `Most often, ${nameOf(worst.row)} was taken for ${nameOf(worst.column)}: ${worst.count} of ${all}, ${share} %.`
}

function details(run: RunSummary): string {
  const epochs = run.epochs.map((epoch) => [
    String(epoch.epoch),
    number(epoch.trainLoss),
    percent(epoch.trainAccuracy),
    number(epoch.validationLoss),
    percent(epoch.validationAccuracy),
    percent(epoch.testAccuracy),
    number(epoch.learningRate),
    number(epoch.imagesPerSecond),
  ])
  const heads = [
    'epoch',
    'loss',
    'train, %',
    'validation loss',
    'validation, %',
    'test, %',
    'learning rate',
    'images/s',
  ]
  return `<details><summary>${escapeXml(run.name)}</summary>
<pre tabindex="0"><code>${escapeXml(run.command)}</code></pre>
${table(heads, epochs, [0, 1, 2, 3, 4, 5, 6, 7])}
<pre tabindex="0"><code>${escapeXml(JSON.stringify(run.config, undefined, 2))}</code></pre>
</details>`
}

/** 0.9125 as `91.25`; empty where there is nothing. */
function percent(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '' : (100 * value).toFixed(2)
}

function number(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '' : String(Number(value.toPrecision(4)))
}
