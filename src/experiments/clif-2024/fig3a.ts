import { coloursOf, lineChart } from '../../report/index.ts'
import type { Experiment, ResultTable, RowResult } from '../experiment.ts'
import { PlanBuilder } from '../plan.ts'
import { remarkColumn, remarkOf, spreadOf, undecided } from '../results.ts'

const never = 'never (LIF)'

/** LIF exchanged for CLIF in the middle of training. */
export const fig3a: Experiment = {
  name: 'fig3a',
  source: 'Fig. 3a',
  title: 'What happens if LIF becomes CLIF in the middle of training?',
  question:
    'A network begins to learn with LIF neurons. At some epoch all of them become CLIF neurons; weights, and what the ' +
    'optimiser remembers, stay. Does the loss fall faster from then on? (The epochs of the exchange are ours.)',
  finding: 'After the exchange the training loss falls below that of the network that keeps LIF.',
  takesNeurons: false,
  plan(request) {
    const plan = new PlanBuilder(request)
    plan.row({ exchange: never }, 'cifar10', { neuron: 'lif' })
    for (const epoch of [51, 101, 151]) {
      const labels = { exchange: `after ${(100 * (epoch - 1)) / 200} % of the epochs` }
      plan.row(labels, 'cifar10', { neuron: 'lif', exchange: [`${epoch}:clif`] })
    }
    plan.row({ exchange: 'from the start (CLIF)' }, 'cifar10', { neuron: 'clif' })
    return plan.plan
  },
  conclude(rows) {
    const done = rows.filter(({ outcomes }) => outcomes.length > 0)
    const [lif, clif] = ['LIF', 'CLIF'].map((name) => coloursOf(['LIF', 'CLIF']).get(name) ?? 0)
    const svg = lineChart({
      title: 'Training loss by epoch',
      description: done.map((row) => `${row.labels.exchange}: ${lastLoss(row)?.toFixed(3)} at the end`).join('; '),
      x: 'epoch',
      y: 'training loss',
      wholeX: true,
      // In the colour of the neuron that it ends with; paler, the later that came.
      series: done.map((row, i) => ({
        label: String(row.labels.exchange),
        colour: row.labels.exchange === never ? lif : clif,
        opacity: row.labels.exchange === never ? 1 : 0.4 + (0.6 * (i + 1)) / done.length,
        points: row.outcomes[0].epochs.map(({ epoch, trainLoss }) => [epoch, trainLoss] as const),
      })),
    })
    return {
      table: table(rows),
      pictures: [{ name: 'loss', svg, caption: 'Training loss by epoch, by when LIF was exchanged for CLIF.' }],
      verdict: verdict(rows),
    }
  },
}

function lastLoss({ outcomes }: RowResult): number | undefined {
  return spreadOf(outcomes.flatMap(({ epochs }) => epochs.slice(-1).map(({ trainLoss }) => trainLoss)))?.mean
}

function table(rows: readonly RowResult[]): ResultTable {
  return {
    columns: [
      { name: 'exchange' },
      { name: 'last training loss', digits: 4 },
      { name: 'accuracy, %', digits: 2 },
      ...remarkColumn(rows),
    ],
    rows: rows.map((row) => ({
      ...row.labels,
      'last training loss': lastLoss(row),
      'accuracy, %': spreadOf(row.outcomes.map(({ accuracy }) => 100 * accuracy))?.mean,
      remark: remarkOf(row),
    })),
  }
}

function verdict(rows: readonly RowResult[]) {
  const lif = rows.find(({ labels }) => labels.exchange === 'never (LIF)')
  const kept = lif && lastLoss(lif)
  const exchanged = rows.filter((row) => row !== lif).flatMap((row) => lastLoss(row) ?? [])
  if (kept === undefined || exchanged.length === 0) {
    return undecided('Nothing to compare: the runs that would be needed are not there.')
  }
  const below = exchanged.filter((loss) => loss < kept).length
  const agrees = below === exchanged.length ? 'yes' : below === 0 ? 'no' : 'undecided'
  return {
    agrees,
    text:
      `${below} of ${exchanged.length} networks that had CLIF in the end, or throughout, ended with a lower training ` +
      `loss than LIF (${exchanged.map((loss) => loss.toFixed(3)).join(', ')} against ${kept.toFixed(3)}).`,
  } as const
}
