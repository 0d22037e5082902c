import { inPercentText } from '../../base/index.ts'
import { lineChart } from '../../report/index.ts'
import type { Conclusion, RowResult } from '../experiment.ts'
import { accuracyOf, accuracyTable, curvesOver, verdictOf } from '../results.ts'

/** Rows with the labels neuron and T: curves over T, and whether CLIF is above LIF. */
export function overTimeConclusion(rows: readonly RowResult[]): Conclusion {
  const series = curvesOver(rows, 'neuron', 'T')
  const svg = lineChart({
    title: 'Test accuracy by number of time steps',
    description: series
      .map(
        ({ label, points }) =>
          `${label}: ${points.map(([T, value]) => `${inPercentText(value)} at T = ${T}`).join(', ')}`,
      )
      .join('; '),
    x: 'T, time steps',
    y: 'test accuracy, %',
    wholeX: true,
    series,
  })
  const of = (neuron: string, T: unknown) => {
    const row = rows.find(({ labels }) => labels.neuron === neuron && labels.T === T)
    return row && accuracyOf(row)
  }
  const steps = [...new Set(rows.map(({ labels }) => labels.T))]
  const comparisons = steps.map((T) => ({ name: `T = ${T}`, higher: of('CLIF', T), lower: of('LIF', T) }))
  const band = series.some((one) => one.band) ? ' Bands reach from the lowest to the highest seed.' : ''
  return {
    table: accuracyTable(rows),
    pictures: [{ name: 'accuracy', svg, caption: `Accuracy after the last epoch, by number of time steps.${band}` }],
    verdict: verdictOf(comparisons, 'CLIF is above LIF'),
  }
}
