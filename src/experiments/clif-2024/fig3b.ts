import type { Experiment } from '../experiment.ts'
import { listedNeurons, PlanBuilder } from '../plan.ts'
import { publishedAccuracy } from '../published/accuracies.ts'
import { overTimeConclusion } from './over-time.ts'

/** Accuracy over T, the deep network. */
export const fig3b: Experiment = {
  name: 'fig3b',
  source: 'Fig. 3b',
  title: 'Is CLIF above LIF at every number of time steps?',
  question:
    'A deep network learns photographs with LIF and with CLIF neurons, each image shown for T time steps. (The values of T ' +
    'are ours.)',
  finding: 'CLIF is above LIF at every T, and gains from more steps; the gap is about one point.',
  takesNeurons: true,
  plan(request) {
    const plan = new PlanBuilder(request)
    const axis = { full: [1, 2, 4, 6, 8], small: [2, 4, 8], smoke: [1, 4, 8] }
    const seeds = plan.seeds({ full: 1, small: 3, smoke: 1 })
    for (const { label, neuron } of listedNeurons(['lif', 'clif'], request)) {
      for (const T of plan.axis('T', axis)) {
        const published = publishedAccuracy('cifar10', neuron, T)
        plan.row({ neuron: label, T }, 'cifar10', { neuron, T }, { seeds, published })
      }
    }
    return plan.plan
  },
  conclude: overTimeConclusion,
}
