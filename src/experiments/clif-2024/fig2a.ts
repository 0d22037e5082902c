import type { Experiment } from '../experiment.ts'
import { PlanBuilder } from '../plan.ts'
import { truncationConclusion } from './truncation.ts'

/** Accuracy over tau and over how far the gradient travels. */
export const fig2a: Experiment = {
  name: 'fig2a',
  source: 'Fig. 2a',
  title: 'Does gradient that travels further in time help LIF?',
  question:
    'A network of LIF neurons is trained again and again; each time the gradient may travel at most k steps back in ' +
    'time, for neurons that leak slowly or fast (tau). How much does accuracy gain from steps further away?',
  finding:
    'Accuracy grows with k, most of all where tau is large, but the last steps add next to nothing: gradient from far ' +
    'away hardly arrives.',
  takesNeurons: false,
  evening: true,
  plan(request) {
    const plan = new PlanBuilder(request)
    const taus = [1.1, 1.3, 1.5, 1.8, 2]
    const fewTaus = [1.1, 1.5, 2]
    const lengths = [1, 2, 3, 4, 5, 6]
    const fewLengths = [1, 3, 6]
    for (const tau of plan.axis('tau', { full: taus, small: fewTaus, evening: fewTaus, smoke: fewTaus })) {
      for (const k of plan.axis('k', { full: lengths, small: lengths, evening: fewLengths, smoke: fewLengths })) {
        plan.row({ tau, k }, 'cifar10', { model: 'snn5', neuron: 'lif', neuronOptions: { tau }, T: 6, bptt: k })
      }
    }
    return plan.plan
  },
  conclude: (rows) => truncationConclusion(rows, [{ title: 'Accuracy of LIF by reach of the gradient', rows }]),
}
