import { lineChart } from '../../report/index.ts'
import type { Conclusion, ResultPicture, RowResult } from '../experiment.ts'
import { accuracyOf, accuracyTable, curvesOver, undecided } from '../results.ts'

export interface TruncationPanel {
  readonly title: string
  readonly rows: readonly RowResult[]
}

/** Rows with the labels tau and k: curves over k, and whether accuracy gains from k, most where tau is large. */
export function truncationConclusion(rows: readonly RowResult[], panels: readonly TruncationPanel[]): Conclusion {
  const seen = panels.filter((panel) => panel.rows.some(({ outcomes }) => outcomes.length > 0))
  return {
    table: accuracyTable(rows),
    pictures: seen.map((panel, i) => panelPicture(panel, i, seen.length)),
    verdict: verdict(seen),
  }
}

function panelPicture({ title, rows }: TruncationPanel, i: number, count: number): ResultPicture {
  const gains = gainsOf(rows)
  const svg = lineChart({
    title,
    description: gains
      .map(({ tau, gain }) => `tau ${tau}: ${signed(gain)} points from the first k to the last`)
      .join('; '),
    x: 'k, steps that the gradient travels',
    y: 'test accuracy, %',
    wholeX: true,
    series: curvesOver(rows, 'tau', 'k').map((series) => ({ ...series, label: `tau ${series.label}` })),
  })
  return { name: count === 1 ? 'accuracy' : `accuracy-${i + 1}`, svg, caption: `${title}, a curve for each tau.` }
}

/** What accuracy gains from the smallest k to the largest, by tau, in points. */
function gainsOf(rows: readonly RowResult[]): { tau: number; gain: number }[] {
  const taus = [...new Set(rows.map(({ labels }) => Number(labels.tau)))].sort((a, b) => a - b)
  return taus.flatMap((tau) => {
    const own = rows
      .filter(({ labels, outcomes }) => Number(labels.tau) === tau && outcomes.length > 0)
      .sort((a, b) => Number(a.labels.k) - Number(b.labels.k))
    if (own.length < 2) return []
    return [{ tau, gain: (accuracyOf(own[own.length - 1])?.mean ?? 0) - (accuracyOf(own[0])?.mean ?? 0) }]
  })
}

function verdict(panels: readonly TruncationPanel[]): Conclusion['verdict'] {
  const all = panels.map(({ title, rows }) => ({ title, gains: gainsOf(rows) })).filter(({ gains }) => gains.length > 0)
  if (all.length === 0) return undecided('Nothing to compare: the runs that would be needed are not there.')
  const rises = all.every(({ gains }) => gains.reduce((sum, { gain }) => sum + gain, 0) > 0)
  const wider = all.every(({ gains }) => gains[gains.length - 1].gain >= gains[0].gain)
  const told = all.map(
    ({ title, gains }) =>
      `${title}: ${gains.map(({ tau, gain }) => `${signed(gain)} points at tau ${tau}`).join(', ')}`,
  )
  return {
    agrees: rises && wider ? 'yes' : rises ? 'undecided' : 'no',
    text:
      `From the shortest reach to the longest, accuracy ${rises ? 'gains' : 'does not gain'} on average, and ` +
      `${wider ? 'at least as much' : 'less'} at the largest tau as at the smallest. ${told.join('. ')}.`,
  }
}

function signed(points: number): string {
  return `${points < 0 ? '-' : '+'}${Math.abs(points).toFixed(1)}`
}
