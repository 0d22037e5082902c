import { coloursOf, lineChart } from '../../report/index.ts'
import type { Experiment, ResultTable, RowResult } from '../experiment.ts'
import { remarkColumn, remarkOf, type Spread, spreadOf, verdictOf } from '../results.ts'
import { tasks } from '../tasks.ts'
import { byTask, fiveTasksPlan } from './five-tasks.ts'

/** Test loss by epoch. */
export const fig10: Experiment = {
  name: 'fig10',
  source: 'Fig. 10',
  title: 'Does the test loss of CLIF fall further?',
  question:
    'Networks of LIF and of CLIF neurons learn five tasks. How does the loss on test images go, epoch by epoch?',
  finding: 'On all five tasks the test loss of CLIF ends below that of LIF.',
  takesNeurons: true,
  plan: fiveTasksPlan,
  conclude(rows) {
    const panels = byTask(rows)
    return {
      table: table(rows),
      pictures: panels.map(({ task, rows: own }) => ({
        name: `loss-${tasks[task].dataset}`,
        svg: lineChart({
          title: `Test loss, ${tasks[task].title}`,
          description: own
            .map((row) => `${row.labels.neuron}: ${lastLoss(row)?.mean.toFixed(3)} at the end`)
            .join('; '),
          x: 'epoch',
          y: 'test loss',
          wholeX: true,
          series: own.map((row) => ({
            label: String(row.labels.neuron),
            colour: coloursOf(own.map(({ labels }) => String(labels.neuron))).get(String(row.labels.neuron)) ?? 0,
            points: row.outcomes[0].epochs.map(({ epoch, testLoss }) => [epoch, testLoss ?? Number.NaN] as const),
          })),
        }),
        caption: `${tasks[task].title}: loss on the test images by epoch.`,
      })),
      verdict: verdictOf(
        panels.map(({ task, rows: own }) => ({
          name: tasks[task].title,
          higher: lossOf(own, 'LIF'),
          lower: lossOf(own, 'CLIF'),
        })),
        'LIF ends with a higher test loss than CLIF',
        3,
      ),
    }
  },
}

function lastLoss({ outcomes }: RowResult): Spread | undefined {
  return spreadOf(outcomes.flatMap(({ epochs }) => epochs.slice(-1).flatMap(({ testLoss }) => testLoss ?? [])))
}

function lossOf(rows: readonly RowResult[], neuron: string): Spread | undefined {
  const row = rows.find(({ labels }) => labels.neuron === neuron)
  return row && lastLoss(row)
}

function table(rows: readonly RowResult[]): ResultTable {
  return {
    columns: [
      { name: 'data' },
      { name: 'neuron' },
      { name: 'last test loss', digits: 4 },
      { name: 'accuracy, %', digits: 2 },
      ...remarkColumn(rows),
    ],
    rows: rows.map((row) => ({
      ...row.labels,
      'last test loss': lastLoss(row)?.mean,
      'accuracy, %': spreadOf(row.outcomes.map(({ accuracy }) => 100 * accuracy))?.mean,
      remark: remarkOf(row),
    })),
  }
}
