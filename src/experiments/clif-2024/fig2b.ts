import type { Experiment } from '../experiment.ts'
import { listedNeurons, PlanBuilder } from '../plan.ts'
import { overTimeConclusion } from './over-time.ts'

/** Accuracy over T, the small network. */
export const fig2b: Experiment = {
  name: 'fig2b',
  source: 'Fig. 2b',
  title: 'Do more time steps help?',
  question:
    'The same small network learns the same photographs, each shown for T time steps. More steps give a neuron more to ' +
    'compute with. Does accuracy rise with T, for LIF and for CLIF? (The values of T are ours.)',
  finding: 'LIF is best at T = 32 and gets worse beyond; CLIF goes on gaining, and is above LIF at every T.',
  takesNeurons: true,
  plan(request) {
    const plan = new PlanBuilder(request)
    const axis = { full: [2, 4, 8, 16, 32, 64], small: [2, 4, 8, 16], smoke: [2, 16, 64] }
    const seeds = plan.seeds({ full: 4, small: 3, smoke: 2 })
    for (const { label, neuron } of listedNeurons(['lif', 'clif'], request)) {
      for (const T of plan.axis('T', axis)) {
        const smaller = request.scale === 'smoke' ? { limit: 160, epochs: 3 } : {}
        plan.row({ neuron: label, T }, 'cifar10', { model: 'snn5', neuron, T }, { seeds, smaller })
      }
    }
    return plan.plan
  },
  conclude: overTimeConclusion,
}
