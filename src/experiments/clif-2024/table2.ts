import { inPercentText } from '../../base/index.ts'
import { barChart, coloursOf } from '../../report/index.ts'
import type { Experiment } from '../experiment.ts'
import { listedNeurons, PlanBuilder } from '../plan.ts'
import { publishedAccuracy } from '../published/accuracies.ts'
import { transformerAccuracies } from '../published/table2-transformer.ts'
import { accuracyOf, accuracyTable, verdictOf } from '../results.ts'
import { type TaskName, tasks } from '../tasks.ts'

const rows = [
  { task: 'dvsGesture', network: 'vgg11', T: 20 },
  { task: 'dvsCifar10', network: 'vgg11', T: 16 },
  { task: 'dvsCifar10Vggsnn', network: 'vggsnn', T: 10 },
] as const satisfies readonly { task: TaskName; network: string; T: number }[]

/** Recordings of event cameras. */
export const table2: Experiment = {
  name: 'table2',
  source: 'Table 2',
  title: 'Is CLIF above LIF on recordings of event cameras?',
  question:
    'Networks learn gestures and objects as an event camera sees them, as changes of brightness over time, once with LIF ' +
    'and once with CLIF neurons.',
  finding: 'CLIF is above LIF with every network, by 0.3 to 1.2 points.',
  takesNeurons: true,
  plan(request) {
    const plan = new PlanBuilder(request)
    const listed = listedNeurons(['lif', 'clif'], request)
    for (const { task, network, T } of rows) {
      for (const { label, neuron } of listed) {
        const labels = { data: tasks[task].title, network, neuron: label, T }
        plan.row(labels, task, { neuron, T }, { published: publishedAccuracy(task, neuron, T) })
      }
    }
    const { T, ...printed } = transformerAccuracies
    for (const { label, neuron } of listed) {
      const labels = { data: tasks.dvsGesture.title, network: 'spike-driven transformer', neuron: label, T }
      const published = (printed as { readonly [neuron: string]: number })[neuron]
      const smaller = { model: 'transformer-small' }
      plan.row(labels, 'dvsGesture', { model: 'transformer', neuron, T }, { published, smaller })
    }
    return plan.plan
  },
  conclude(results) {
    const places = [...new Set(results.map(({ labels }) => `${labels.data}, ${labels.network}`))]
    const of = (place: string, neuron: string) => {
      const row = results.find(
        ({ labels }) => `${labels.data}, ${labels.network}` === place && labels.neuron === neuron,
      )
      return row && accuracyOf(row)
    }
    const neurons = [...new Set(results.map(({ labels }) => String(labels.neuron)))]
    const colours = coloursOf(neurons)
    const groups = neurons.map((label) => ({
      label,
      colour: colours.get(label) ?? 0,
      values: places.map((place) => of(place, label)?.mean),
    }))
    const short = places.map((place) => place.replace('spike-driven ', '').replace('DVS-', ''))
    const svg = barChart({
      title: 'Test accuracy by network',
      description: groups
        .map(
          ({ label, values }) =>
            `${label}: ${places.map((place, i) => `${place} ${inPercentText(values[i])}`).join(', ')}`,
        )
        .join('; '),
      x: 'test accuracy, %',
      rows: short,
      groups,
      format: (value) => String(Number(value.toPrecision(3))),
    })
    return {
      table: accuracyTable(results),
      pictures: [{ name: 'accuracy', svg, caption: 'Accuracy after the last epoch, by data and network.' }],
      verdict: verdictOf(
        places.map((place) => ({ name: place, higher: of(place, 'CLIF'), lower: of(place, 'LIF') })),
        'CLIF is above LIF',
      ),
    }
  },
}
