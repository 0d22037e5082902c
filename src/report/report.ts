import { percentNumber } from '../base/index.ts'
import { type Measure, measureIn, measureText } from '../losses/index.ts'
import { barChart } from './bar-chart.ts'
import { confusedSamples, confusions } from './confusions.ts'
import { curves, sweepCurves } from './curves.ts'
import { figureHtml, pageHtml } from './page.ts'
import { tableHtml, withoutRepeats } from './page-table.ts'
import { inkOf } from './palette.ts'
import { groupRuns, neuronOf, type RunGroup, statisticsOf } from './run-groups.ts'
import { energies, gradientMaps, namesOfLayers, networks, rasters } from './run-pictures.ts'
import type { RunSummary } from './run-summary.ts'
import { escapeXml } from './svg.ts'

/** With more groups than this, their own pictures are folded. */
const mostOpenGroups = 4

/**
 * Runs as one HTML page that needs nothing beside itself: no scripts, no network.
 * Runs that share neuron, model and data set are drawn as one curve, their range as a band.
 * @throws nothing: missing or non-finite values are left out
 */
export function reportHtml(runs: readonly RunSummary[]): string {
  const groups = groupRuns(runs)
  const sections = runSections(runs).map(({ title, html, className, folded }) =>
    section(title, html, className, folded),
  )
  return pageHtml({ title: titleOf(runs), body: [header(runs, groups), ...sections].filter(Boolean).join('\n') })
}

/** One part of what is told of runs. */
export interface RunSection {
  readonly name: RunSectionName
  readonly title: string
  /** Markup; what stands in it from elsewhere is escaped. Empty where the runs have nothing of the kind. */
  readonly html: string
  /** How its pictures lie: beside or below each other. */
  readonly className: string
  /** Whether there are so many pictures that they are better not seen at first. */
  readonly folded: boolean
}

export type RunSectionName = keyof typeof sectionTitles

const sectionTitles = {
  sweep: 'What the sweep found',
  results: 'Results',
  curves: 'How it learnt',
  network: 'The network',
  rates: 'How often neurons fire',
  rasters: 'Spikes and membrane potentials',
  gradients: 'Where gradients go through time',
  energy: 'What energy it takes',
  confusion: 'Confusion matrix: what was taken for what',
  confused: 'Confused samples',
  repeat: 'To repeat it',
} as const

/** All that a report tells of runs, part by part. @param wanted which parts; default: all */
export function runSections(
  runs: readonly RunSummary[],
  wanted: readonly RunSectionName[] = Object.keys(sectionTitles) as RunSectionName[],
): RunSection[] {
  const groups = groupRuns(runs)
  const nameOf = shortNames(runs)
  const colours = new Map(groups.map(({ colour, runs: own }) => [neuronOf(own[0]), colour]))
  const many = groups.length > mostOpenGroups
  const parts: {
    readonly [name in RunSectionName]: readonly [html: () => string, className?: string, folded?: boolean]
  } = {
    sweep: [() => sweepCurves(runs, colours)],
    results: [() => results(runs, nameOf)],
    curves: [() => curves(groups)],
    network: [() => networks(runs), 'narrow'],
    rates: [() => firingRates(groups), 'narrow'],
    rasters: [() => rasters(groups, nameOf), 'stack', many],
    gradients: [() => gradientMaps(groups, nameOf), 'stack', many],
    energy: [() => energies(groups, nameOf)],
    confusion: [() => confusions(groups, nameOf).join('\n'), 'pair', many],
    confused: [() => confusedSamples(groups, nameOf), 'stack', many],
    repeat: [() => runs.map((run) => details(run, nameOf(run))).join('\n')],
  }
  return wanted.map((name) => {
    const [html, className = '', folded = false] = parts[name]
    return { name, title: sectionTitles[name], html: html(), className, folded }
  })
}

/** What tells the runs' names apart: without the folders that all share. */
function shortNames(runs: readonly RunSummary[]): (run: RunSummary) => string {
  const split = runs.map(({ name }) => name.split(/[\\/]/))
  const shortest = Math.min(...split.map(({ length }) => length))
  let shared = 0
  while (split.length > 0 && shared < shortest - 1 && split.every((parts) => parts[shared] === split[0][shared]))
    shared++
  return ({ name }) => name.split(/[\\/]/).slice(shared).join('/')
}

function section(title: string, contents: string, className: string, folded: boolean): string {
  if (contents === '') return ''
  const inside = className ? `<div class="${className}">${contents}</div>` : contents
  const shown = folded ? `<details><summary>Show the pictures</summary>${inside}</details>` : inside
  return `<section>\n<h2>${title}</h2>\n${shown}\n</section>`
}

function distinct(values: readonly string[]): string {
  return [...new Set(values)].join(', ')
}

function titleOf(runs: readonly RunSummary[]): string {
  if (runs.length === 0) return 'No runs yet'
  return `${distinct(runs.map(neuronOf))} on ${distinct(runs.map((run) => run.dataset))}`
}

function header(runs: readonly RunSummary[], groups: readonly RunGroup[]): string {
  if (runs.length === 0)
    return '<h1>No runs yet</h1>\n<p class="quiet">Train a network, then write the report again.</p>'
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
  const measure = measureIn(runs[0].config)
  const spread = count > 1 ? `± ${valueIn(measure, deviation)} over ${count} runs, ` : ''
  const rule = distinct(runs.map((run) => run.final.rule))
  return `<li class="tile" style="--own:${inkOf(colour)}">${escapeXml(label)}
<b>${Number.isFinite(mean) ? measureText(measure, mean) : '–'}</b><small>test ${measure}, ${spread}${escapeXml(rule)}</small></li>`
}

function results(runs: readonly RunSummary[], nameOf: (run: RunSummary) => string): string {
  if (runs.length === 0) return ''
  const measures = runs.map(({ config }) => measureIn(config))
  const rows = runs.map((run, i) => {
    const speeds = run.epochs.map((epoch) => epoch.imagesPerSecond).filter(Number.isFinite)
    return [
      nameOf(run),
      run.neuron,
      valueIn(measures[i], run.final.testAccuracy),
      valueIn(measures[i], run.final.lastEpochTestAccuracy),
      String(run.final.bestEpoch),
      speeds.length > 0 ? Math.round(statisticsOf(speeds).mean).toLocaleString('en') : '',
      run.model,
      run.dataset,
      run.final.rule,
    ]
  })
  const head = [
    'run',
    'neuron',
    headIn(measures, 'test'),
    headIn(measures, 'last epoch'),
    'best epoch',
    'samples/s',
    'network',
    'data set',
    'epoch chosen by',
  ]
  const { table, common } = withoutRepeats({ head, rows, numbers: [2, 3, 4, 5] }, [0, 2, 3, 5])
  const shared = common.length > 0 ? `\n<p class="quiet">${escapeXml(common.join('; '))}.</p>` : ''
  return tableHtml(table) + shared
}

function firingRates(groups: readonly RunGroup[]): string {
  const layers = [
    ...new Set(groups.flatMap(({ runs }) => runs.flatMap((run) => run.firingRates.map(({ layer }) => layer)))),
  ]
  if (layers.length === 0) return ''
  const names = new Map(groups.flatMap(({ runs }) => runs.flatMap((run) => [...namesOfLayers(run)])))
  const bars = groups.map(({ label, colour, opacity, runs }) => ({
    label,
    colour,
    opacity,
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
    rows: layers.map((layer) => names.get(layer) ?? layer),
    groups: bars,
    format: (value) => String(Number(value.toPrecision(3))),
  })
  return figureHtml(chart, 'Spikes per neuron and time step, in percent, from the first layer to the last.')
}

function details(run: RunSummary, name: string): string {
  const measure = measureIn(run.config)
  const rows = run.epochs.map((epoch) => [
    String(epoch.epoch),
    number(epoch.trainLoss),
    valueIn(measure, epoch.trainAccuracy),
    number(epoch.validationLoss),
    valueIn(measure, epoch.validationAccuracy),
    valueIn(measure, epoch.testAccuracy),
    number(epoch.learningRate),
    number(epoch.imagesPerSecond),
  ])
  const head = [
    'epoch',
    'loss',
    headIn([measure], 'train'),
    'validation loss',
    headIn([measure], 'validation'),
    headIn([measure], 'test'),
    'learning rate',
    'samples/s',
  ]
  const filled = head.map((_, column) => column).filter((column) => rows.some((row) => row[column] !== ''))
  const table = {
    head: filled.map((column) => head[column]),
    rows: rows.map((row) => filled.map((column) => row[column])),
    numbers: filled.map((_, i) => i),
  }
  return `<details><summary>${escapeXml(name)}</summary>
<pre tabindex="0"><code>${escapeXml(run.command)}</code></pre>
${rows.length > 0 ? tableHtml(table) : ''}
<pre tabindex="0"><code>${escapeXml(JSON.stringify(run.config, undefined, 2))}</code></pre>
</details>`
}

/** For a table: accuracies in percent, R2 as it is; empty where there is nothing. */
function valueIn(measure: Measure, value: number | undefined): string {
  if (measure !== 'R2') return percentNumber(value)
  return value === undefined || !Number.isFinite(value) ? '' : value.toFixed(3)
}

/** The head of such a column. */
function headIn(measures: readonly Measure[], what: string): string {
  if (!measures.includes('R2')) return `${what}, %`
  return measures.every((measure) => measure === 'R2') ? `${what} R2` : `${what}, % or R2`
}

function number(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '' : String(Number(value.toPrecision(4)))
}
