import { lineChart } from '../../report/index.ts'
import type { Experiment, Plan, PlanRequest } from '../experiment.ts'
import { listedNeurons, PlanBuilder } from '../plan.ts'
import { publishedAccuracies, publishedAccuracy, unavailableRows } from '../published/accuracies.ts'
import { accuracyOf, accuracyTable, curvesOver, verdictOf } from '../results.ts'
import { wholeCifar10 } from '../scaling.ts'
import { type TaskName, tasks } from '../tasks.ts'

const photographs = [
  'cifar10',
  'cifar100',
  'cifar10Starred',
  'cifar100Starred',
  'tinyImagenet',
] as const satisfies readonly TaskName[]

/** LIF and CLIF at T = 4 on all of CIFAR-10, in place of the whole table. */
function eveningOf(plan: PlanBuilder, request: PlanRequest): Plan {
  const T = 4
  for (const { label, neuron } of listedNeurons(['lif', 'clif'], request)) {
    const labels = { data: tasks.cifar10.title, neuron: label, T }
    const published = publishedAccuracy('cifar10', neuron, T)
    plan.row(labels, 'cifar10', { neuron, T }, { published, seeds: 2, smaller: wholeCifar10 })
  }
  return plan.plan
}

/** The accuracies that the paper leads with. */
export const table1: Experiment = {
  name: 'table1',
  source: 'Table 1',
  title: 'How accurate is CLIF on photographs?',
  question:
    'Deep networks learn CIFAR-10, CIFAR-100 and Tiny-ImageNet with CLIF neurons, with neurons of other papers, and ' +
    'without spikes (ANN: ReLU units, one time step).',
  finding: 'CLIF gains from more time steps, and is level with, or above, the same network without spikes.',
  takesNeurons: true,
  evening: true,
  plan(request) {
    const plan = new PlanBuilder(request)
    if (request.scale === 'evening') return eveningOf(plan, request)
    for (const task of photographs) {
      const { title } = tasks[task]
      for (const [name, byT] of Object.entries(publishedAccuracies[task] ?? {})) {
        for (const [T, published] of Object.entries(byT)) {
          const labels = { data: title, neuron: name.toUpperCase(), T: Number(T) }
          plan.row(labels, task, { neuron: name === 'ann' ? 'relu' : name, T: Number(T) }, { published })
        }
      }
      for (const { label, neuron } of listedNeurons([], request)) {
        plan.row({ data: title, neuron: label, T: 6 }, task, { neuron, T: 6 })
      }
      for (const { neuron, T, published, lacks } of unavailableRows.filter((row) => row.task === task)) {
        plan.absent({ data: title, neuron, T }, `not run: ${lacks}`, published)
      }
    }
    return plan.plan
  },
  conclude(rows, { scale }) {
    const clif = rows.filter(({ labels }) => labels.neuron === 'CLIF')
    const series = curvesOver(clif, 'data', 'T')
    const svg = lineChart({
      title: 'Test accuracy of CLIF by number of time steps',
      description: series
        .map(({ label, points }) => `${label}: ${points.map(([T, value]) => `${value.toFixed(1)} at ${T}`).join(', ')}`)
        .join('; '),
      x: 'T, time steps',
      y: 'test accuracy, %',
      wholeX: true,
      series,
    })
    const of = (data: string, neuron: string, T: number) => {
      const row = rows.find(({ labels }) => labels.data === data && labels.neuron === neuron && labels.T === T)
      return row && accuracyOf(row)
    }
    const isEvening = scale === 'evening'
    const comparisons = (isEvening ? (['cifar10'] as const) : photographs).map((task) => {
      const { title } = tasks[task]
      const lower = isEvening ? of(title, 'LIF', 4) : of(title, 'ANN', 1)
      return { name: title, higher: of(title, 'CLIF', isEvening ? 4 : 6), lower }
    })
    const claim = isEvening ? 'CLIF with T = 4 is above LIF' : 'CLIF with T = 6 is above the network without spikes'
    return {
      table: accuracyTable(rows),
      pictures: [{ name: 'accuracy', svg, caption: 'Accuracy of CLIF after the last epoch.' }],
      verdict: verdictOf(comparisons, claim),
    }
  },
}
