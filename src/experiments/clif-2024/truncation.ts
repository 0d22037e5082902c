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

interface Gain {
  readonly tau: number
  /** From the smallest k to the largest, in points. */
  readonly gain: number
  readonly noise: number
}

/** What accuracy gains from reach, by tau. */
function gainsOf(rows: readonly RowResult[]): Gain[] {
  const taus = [...new Set(rows.map(({ labels }) => Number(labels.tau)))].sort((a, b) => a - b)
  return taus.flatMap((tau) => {
    const own = rows
      .filter(({ labels }) => Number(labels.tau) === tau)
      .sort((a, b) => Number(a.labels.k) - Number(b.labels.k))
      .flatMap((row) => accuracyOf(row) ?? [])
    if (own.length < 2) return []
    const [first, last] = [own[0], own[own.length - 1]]
    return [{ tau, gain: last.mean - first.mean, noise: Math.hypot(first.noise, last.noise) }]
  })
}

/** Whether accuracy gains at the largest tau, by more than chance, and there more than at the smallest. */
function verdict(panels: readonly TruncationPanel[]): Conclusion['verdict'] {
  const all = panels.map(({ title, rows }) => ({ title, gains: gainsOf(rows) })).filter(({ gains }) => gains.length > 0)
  if (all.length === 0) return undecided('Nothing to compare: the runs that would be needed are not there.')
  const ends = all.map(({ gains }) => ({ first: gains[0], last: gains[gains.length - 1] }))
  const gained = ends.filter(({ last }) => last.gain > last.noise).length
  const lost = ends.filter(({ last }) => -last.gain > last.noise).length
  const wider = ends.filter(({ first, last }) => last.gain >= first.gain).length
  const told = all.map(
    ({ title, gains }) =>
      `${title}: ${gains.map(({ tau, gain }) => `${signed(gain)} points at tau ${tau}`).join(', ')}`,
  )
  return {
    agrees: gained + wider === 2 * ends.length ? 'yes' : lost > gained ? 'no' : 'undecided',
    text: `From the shortest reach to the longest, accuracy ${
      ends.length === 1 ? (gained === 1 ? 'gains' : 'does not gain') : `gains, in ${gained} of ${ends.length} cases,`
    } by more than chance at the largest tau. ${told.join('. ')}.`,
  }
}

function signed(points: number): string {
  return `${points < 0 ? '-' : '+'}${Math.abs(points).toFixed(1)}`
}
