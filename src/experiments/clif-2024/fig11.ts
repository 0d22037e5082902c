import { inPercentText } from '../../base/index.ts'
import { barChart, coloursOf } from '../../report/index.ts'
import type { Experiment, ResultPicture, ResultTable, RowResult, TableRow } from '../experiment.ts'
import { type PublishedDataset, publishedFiringRates } from '../published/firing-rates.ts'
import { remarkColumn, remarkOf, type Spread, spreadOf, verdictOf } from '../results.ts'
import { type TaskName, tasks } from '../tasks.ts'
import { byTask, fiveTasks, fiveTasksPlan } from './five-tasks.ts'

/** Firing rates by layer. */
export const fig11: Experiment = {
  name: 'fig11',
  source: 'Fig. 11',
  title: 'How often do neurons fire, layer by layer?',
  question:
    'A spike costs energy, so a network that fires rarely is cheap to run. In which share of time steps do the neurons of ' +
    'each layer fire, once networks of LIF and of CLIF neurons are trained?',
  finding: 'In 0.2 to 29 % of the steps, by layer; averaged over layers, CLIF fires less than LIF on all five tasks.',
  takesNeurons: true,
  plan: fiveTasksPlan,
  conclude(rows) {
    const panels = byTask(rows)
    return {
      table: table(rows),
      pictures: panels.map(({ task, rows: own }) => picture(task, own)),
      verdict: verdictOf(
        panels.map(({ task, rows: own }) => ({
          name: tasks[task].title,
          higher: meanRate(own, 'LIF'),
          lower: meanRate(own, 'CLIF'),
        })),
        'LIF fires more often than CLIF, on average over layers',
        2,
      ),
    }
  },
}

function meanRate(rows: readonly RowResult[], neuron: string): Spread | undefined {
  const row = rows.find(({ labels }) => labels.neuron === neuron)
  const means = row?.outcomes.flatMap(
    ({ firingRates }) => spreadOf(firingRates.map(({ rate }) => 100 * rate))?.mean ?? [],
  )
  return spreadOf(means ?? [])
}

/** Rates of the first seed, in by layer. */
function ratesOf({ outcomes }: RowResult): { layer: string; rate: number }[] {
  return outcomes.length === 0 ? [] : outcomes[0].firingRates.map(({ layer, rate }) => ({ layer, rate: 100 * rate }))
}

function picture(task: TaskName, rows: readonly RowResult[]): ResultPicture {
  const layers = ratesOf(rows[0]).map(({ layer }) => layer)
  const colours = coloursOf(rows.map(({ labels }) => String(labels.neuron)))
  const groups = rows.map((row) => ({
    label: String(row.labels.neuron),
    colour: colours.get(String(row.labels.neuron)) ?? 0,
    values: ratesOf(row).map(({ rate }) => rate),
  }))
  const svg = barChart({
    title: `Firing rate by layer, ${tasks[task].title}`,
    description: groups
      .map(
        ({ label, values }) =>
          `${label}: ${inPercentText(spreadOf(values)?.mean, 2)} on average over ${values.length} layers`,
      )
      .join('; '),
    x: 'firing rate, %',
    rows: layers,
    groups,
    format: (value) => String(Number(value.toPrecision(3))),
  })
  return {
    name: `rates-${tasks[task].dataset}`,
    svg,
    caption: `${tasks[task].title}: firing rates in from the input on.`,
  }
}

function table(rows: readonly RowResult[]): ResultTable {
  return {
    columns: [
      { name: 'data' },
      { name: 'neuron' },
      { name: 'layer' },
      { name: 'fires, %', digits: 3 },
      { name: 'paper, %', digits: 3 },
      ...remarkColumn(rows),
    ],
    rows: rows.flatMap(linesOf),
  }
}

/** A line a layer; the paper's beside it where the network has as many layers, else its mean in the line of means. */
function linesOf(row: RowResult): TableRow[] {
  const rates = ratesOf(row)
  const task = fiveTasks.find((one) => tasks[one].title === row.labels.data)
  const published = (task && publishedRates(task, String(row.labels.neuron).toLowerCase())) ?? []
  const same = published.length === rates.length
  return [
    {
      ...row.labels,
      layer: 'mean of layers',
      'fires, %': spreadOf(rates.map(({ rate }) => rate))?.mean,
      'paper, %': spreadOf(published)?.mean,
      remark: remarkOf(row),
    },
    ...rates.map(({ layer, rate }, i) => ({
      ...row.labels,
      layer,
      'fires, %': rate,
      'paper, %': same ? published[i] : undefined,
      remark: '',
    })),
  ]
}

function publishedRates(task: (typeof fiveTasks)[number], neuron: string): readonly number[] | undefined {
  const all: { readonly [neuron: string]: readonly number[] } =
    publishedFiringRates[tasks[task].dataset as PublishedDataset]
  return all[neuron]
}
