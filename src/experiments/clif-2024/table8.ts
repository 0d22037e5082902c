import { coloursOf, lineChart } from '../../report/index.ts'
import type { RunAsLifRow } from '../../runs/index.ts'
import { table8Values } from '../../runs/index.ts'

import type { Column, Experiment, RowResult, TableRow } from '../experiment.ts'
import { PlanBuilder } from '../plan.ts'
import { publishedTable8 } from '../published/table8.ts'
import { remarkColumn, remarkOf, spreadOf, undecided } from '../results.ts'
import { wholeCifar10 } from '../scaling.ts'
import { tasks } from '../tasks.ts'

const panels = ['cifar10', 'cifar100'] as const

/** Trained networks run as LIF. */
export const table8: Experiment = {
  name: 'table8',
  source: 'Table 8',
  title: 'Can a network that was trained with CLIF run as LIF?',
  question:
    'Chips have circuits for LIF, not for CLIF. A network is trained with CLIF, or LIF, and then run with LIF neurons ' +
    'whose reset subtracts the threshold (soft) or sets the potential to a value (hard). How accurate is it still?',
  finding:
    'What was trained with CLIF loses little, least with a hard reset to a value slightly below 0; what was trained with ' +
    'LIF breaks down under hard resets.',
  takesNeurons: false,
  evening: true,
  plan(request) {
    const plan = new PlanBuilder(request)
    const isEvening = request.scale === 'evening'
    const smaller = isEvening ? { seeds: 2, smaller: { T: 4, ...wholeCifar10 } } : {}
    for (const task of isEvening ? panels.slice(0, 1) : panels) {
      for (const neuron of ['clif', 'lif']) {
        const labels = { data: tasks[task].title, 'trained with': neuron.toUpperCase() }
        plan.row(labels, task, { neuron }, { analysis: 'as-lif', ...smaller })
      }
    }
    plan.replace({
      what: 'a reset value other than 0',
      paper: 'not said: two readings are possible',
      here: 'both: reset to it (hard), or leak towards it and start there as well (leak)',
    })
    return plan.plan
  },
  conclude(rows) {
    const columns: Column[] = [
      { name: 'data' },
      { name: 'trained with' },
      { name: 'run as' },
      { name: 'accuracy, %', digits: 2 },
      { name: 'paper, %', digits: 2 },
      ...remarkColumn(rows),
    ]
    const done = rows.filter(({ outcomes }) => outcomes.some(({ asLif }) => asLif))
    return {
      table: { columns, rows: rows.flatMap(linesOf) },
      pictures: done.length === 0 ? [] : [picture(done)],
      verdict: verdict(done),
    }
  },
}

/** Of the best network, where several seeds were trained. */
function waysOf({ outcomes }: RowResult): readonly RunAsLifRow[] {
  const [best] = outcomes.filter(({ asLif }) => asLif).sort((a, b) => b.accuracy - a.accuracy)
  return best?.asLif ?? []
}

function linesOf(row: RowResult): TableRow[] {
  const ways = waysOf(row)
  if (ways.length === 0) return [{ ...row.labels, remark: remarkOf(row) }]
  return ways.map((way) => ({
    ...row.labels,
    'run as': way.name === 'as trained' ? 'itself' : `LIF, ${way.name}`,
    'accuracy, %': 100 * way.accuracy,
    'paper, %': published(row, way),
    remark: '',
  }))
}

/** What Table 8 prints; its values of a hard reset stand beside both readings. */
function published({ labels }: RowResult, { name, value }: RunAsLifRow): number | undefined {
  const printed = publishedTable8.find(
    ({ dataset, neuron }) =>
      panels.some((task) => task === dataset && tasks[task].title === labels.data) &&
      neuron.toUpperCase() === labels['trained with'],
  )
  if (!printed) return undefined
  if (name === 'as trained') return printed.trained
  if (name === 'soft') return printed.soft
  return printed.hard[table8Values.findIndex((known) => known === (value ?? Number.NaN))]
}

function picture(rows: readonly RowResult[]) {
  const neuronOf = ({ labels }: RowResult) => String(labels['trained with'])
  const colours = coloursOf(rows.map(neuronOf))
  const sets = [...new Set(rows.map(({ labels }) => labels.data))]
  const series = rows.map((row) => ({
    label: `${neuronOf(row)}, ${row.labels.data}`,
    colour: colours.get(neuronOf(row)) ?? 0,
    opacity: 1 - (0.6 * sets.indexOf(row.labels.data)) / sets.length,
    points: waysOf(row)
      .filter(({ reading }) => reading === 'hard')
      .map(({ value = 0, accuracy }) => [-value, 100 * accuracy] as const),
  }))
  const svg = lineChart({
    title: 'Accuracy with LIF and a hard reset at inference',
    description: series
      .map(({ label, points }) => `${label}: ${points.map(([, accuracy]) => accuracy.toFixed(1)).join(', ')}`)
      .join('; '),
    x: 'reset value, below 0',
    y: 'test accuracy, %',
    series,
  })
  return { name: 'accuracy', svg, caption: 'Accuracy with LIF at inference, over the value of a hard reset.' }
}

function verdict(rows: readonly RowResult[]) {
  const told = panels.flatMap((task) => {
    const losses = ['CLIF', 'LIF'].map((neuron) => {
      const row = rows.find(({ labels }) => labels.data === tasks[task].title && labels['trained with'] === neuron)
      const ways = row ? waysOf(row) : []
      const trained = ways.find(({ name }) => name === 'as trained')?.accuracy
      const hard = spreadOf(ways.filter(({ reading }) => reading === 'hard').map(({ accuracy }) => accuracy))?.mean
      return trained === undefined || hard === undefined ? undefined : 100 * (trained - hard)
    })
    const [clif, lif] = losses
    return clif === undefined || lif === undefined ? [] : [{ data: tasks[task].title, clif, lif }]
  })
  if (told.length === 0) return undecided('Nothing to compare: the runs that would be needed are not there.')
  const held = told.filter(({ clif, lif }) => clif < lif).length
  const details = told.map(({ data, clif, lif }) => `${data}: ${clif.toFixed(1)} points against ${lif.toFixed(1)}`)
  return {
    agrees: held === told.length ? 'yes' : held === 0 ? 'no' : 'undecided',
    text:
      `With hard resets, what was trained with CLIF loses less on average than what was trained with LIF on ${held} of ` +
      `${told.length} data sets (${details.join('; ')}).`,
  } as const
}
