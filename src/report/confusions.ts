import { heatMap } from './heat-map.ts'
import { figureHtml } from './page.ts'
import type { RunGroup } from './run-groups.ts'
import type { ConfusedSample, RunSummary } from './run-summary.ts'
import { escapeXml } from './svg.ts'

/** The confusion matrix of every run. @param nameOf a run's short name */
export function confusions(groups: readonly RunGroup[], nameOf: (run: RunSummary) => string): string[] {
  return groups.flatMap(({ runs, colour }) => runs.map((run) => confusion(run, nameOf(run), colour))).filter(Boolean)
}

function confusion({ confusion: counts, classes = [] }: RunSummary, name: string, colour: number): string {
  if (!counts || counts.length === 0) return ''
  const total = counts.flat().reduce((sum, count) => sum + count, 0)
  const right = counts.reduce((sum, row, i) => sum + row[i], 0)
  const worst = worstConfusion(counts, classes)
  const chart = heatMap({
    title: `Confusion matrix of ${name}`,
    description: `${right} of ${total} test samples right. ${worst}`,
    rows: 'true class',
    columns: 'predicted class',
    labels: classes.length === counts.length ? classes : counts.map((_, i) => String(i)),
    counts,
    colour,
  })
  return figureHtml(chart, `Confusion matrix of ${name}: each row is a true class, in percent of its samples. ${worst}`)
}

function worstConfusion(counts: readonly (readonly number[])[], classes: readonly string[]): string {
  let worst = { count: 0, row: 0, column: 0 }
  for (const [row, line] of counts.entries()) {
    for (const [column, count] of line.entries())
      if (row !== column && count > worst.count) worst = { count, row, column }
  }
  if (worst.count === 0) return 'Every sample was named correctly.'
  const classOf = (label: number) => classes[label] ?? `class ${label}`
  const all = counts[worst.row].reduce((sum, count) => sum + count, 0)
  const share = ((100 * worst.count) / all).toFixed(0)
  return `Most often, ${classOf(worst.row)} was taken for ${classOf(worst.column)}: ${worst.count} of ${all}, ${share} %.`
}

/** Test samples that were taken for another class, of the first run of each group that kept some. */
export function confusedSamples(groups: readonly RunGroup[], nameOf: (run: RunSummary) => string): string {
  return groups
    .flatMap(({ runs }) => {
      const run = runs.find(({ confused = [] }) => confused.length > 0)
      return run?.confused
        ? [figureHtml(`<div class="samples">${run.confused.map(sample).join('')}</div>`, nameOf(run))]
        : []
    })
    .join('\n')
}

function sample({ index, truth, taken, width, height, png }: ConfusedSample): string {
  const scale = 72 / Math.max(width, height)
  const size = `width:${Math.round(width * scale)}px;height:${Math.round(height * scale)}px`
  const words = `${truth}, taken for ${taken}`
  const source = /^[A-Za-z0-9+/=]*$/.test(png) ? png : ''
  return (
    `<div class="sample"><img style="${size}" alt="${escapeXml(words)}" title="test sample ${Number(index)}" ` +
    `src="data:image/png;base64,${source}"><small>${escapeXml(truth)}<br><b>→ ${escapeXml(taken)}</b></small></div>`
  )
}
