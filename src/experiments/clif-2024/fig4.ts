import { inPercentText } from '../../base/index.ts'
import { barChart, coloursOf } from '../../report/index.ts'
import type { Experiment } from '../experiment.ts'
import { listedNeurons, PlanBuilder } from '../plan.ts'
import { publishedAccuracy } from '../published/accuracies.ts'
import { accuracyOf, accuracyTable, verdictOf } from '../results.ts'
import { tasks } from '../tasks.ts'

const panels = [
  { task: 'cifar10', T: 8 },
  { task: 'cifar100', T: 6 },
] as const

/** What others published; beside LIF, PLIF, KLIF, GLIF and CLIF, which the paper compares. */
const sinceThen = [
  'if',
  'alif',
  'tc-lif',
  'ar-lif',
  'ilif',
  'cuba-lif',
  'alpha',
  'i-lif',
  'rp-lif',
  'se-adlif',
  'ts-lif',
  'liaf',
  'refractory-lif',
  'noisy-lif',
  'ternary-lif',
  'qif',
  'eif',
  'adex',
  'izhikevich',
  'resonate-and-fire',
  'brf',
]

/** What an evening takes in place of a scale's own settings. */
const evening = { T: 4, limit: 20_000 }

/** Neurons side by side. */
export const fig4: Experiment = {
  name: 'fig4',
  source: 'Fig. 4',
  title: 'Which neuron learns best?',
  question:
    'The same network learns the same images with LIF, PLIF, KLIF, GLIF and CLIF neurons, and without spikes (ANN: ReLU ' +
    'units, one time step). Which one is the most accurate?',
  finding: 'CLIF is above all other spiking neurons, and level with the network without spikes.',
  takesNeurons: true,
  evening: true,
  plan(request) {
    const plan = new PlanBuilder(request)
    const seeds = plan.seeds({ full: 1, small: 3, evening: 1, smoke: 1 })
    const isEvening = request.scale === 'evening'
    const names = ['lif', 'plif', 'klif', 'glif', 'clif', ...(isEvening ? sinceThen : [])]
    for (const { task, T } of isEvening ? panels.slice(0, 1) : panels) {
      const smaller = isEvening ? evening : {}
      const steps = isEvening ? evening.T : T
      const data = tasks[task].title
      for (const { label, neuron } of listedNeurons(names, request)) {
        const published = publishedAccuracy(task, neuron, steps)
        plan.row({ data, neuron: label, T: steps }, task, { neuron, T }, { seeds, published, smaller })
      }
      const published = publishedAccuracy(task, 'ann', 1)
      plan.row(
        { data, neuron: 'ANN', T: 1 },
        task,
        { neuron: 'relu', T: 1 },
        { seeds, published, smaller: { ...smaller, T: 1 } },
      )
    }
    return plan.plan
  },
  conclude(rows) {
    const names = [...new Set(rows.map(({ labels }) => String(labels.neuron)))]
    const data = [...new Set(rows.map(({ labels }) => String(labels.data)))]
    const of = (neuron: string, set: string) => {
      const row = rows.find(({ labels }) => labels.neuron === neuron && labels.data === set)
      return row && accuracyOf(row)
    }
    const colours = coloursOf(names)
    const groups = names.map((label) => ({
      label,
      colour: colours.get(label) ?? 0,
      values: data.map((set) => of(label, set)?.mean),
    }))
    const svg = barChart({
      title: 'Test accuracy by neuron',
      description: groups
        .map(
          ({ label, values }) => `${label}: ${data.map((set, i) => `${set} ${inPercentText(values[i])}`).join(', ')}`,
        )
        .join('; '),
      x: 'test accuracy, %',
      rows: data,
      groups,
      format: (value) => String(Number(value.toPrecision(3))),
    })
    const others = ['LIF', 'PLIF', 'KLIF', 'GLIF']
    const comparisons = data.flatMap((set) =>
      others.map((name) => ({ name: `${name}, ${set}`, higher: of('CLIF', set), lower: of(name, set) })),
    )
    return {
      table: accuracyTable(rows),
      pictures: [{ name: 'accuracy', svg, caption: 'Accuracy after the last epoch, by neuron.' }],
      verdict: verdictOf(comparisons, 'CLIF is above another spiking neuron'),
    }
  },
}
