import type { Experiment } from '../experiment.ts'
import { PlanBuilder } from '../plan.ts'
import { table3 as published, table3Accuracy, table3Taus } from '../published/table3.ts'
import { type TaskName, tasks } from '../tasks.ts'
import { truncationConclusion } from './truncation.ts'

const panels = [
  { task: 'cifar10', smoke: [1, 3, 6] },
  { task: 'dvsGesture', smoke: [1, 8, 20] },
] as const

/** Truncated backpropagation on a photograph and an event task. */
export const fig6: Experiment = {
  name: 'fig6',
  aliases: ['table3'],
  source: 'Table 3, drawn as Fig. 6',
  title: 'How far must the gradient of LIF travel?',
  question:
    'The gradient may travel at most k steps back in time while networks of LIF neurons learn photographs (T = 6) and ' +
    'gestures (T = 20). From which k on does accuracy stop to grow?',
  finding:
    'On CIFAR-10 accuracy rises with k, from 80.7 to 93.7 % at tau = 2; on DVS-Gesture it stays within about two points ' +
    'from k = 4 on. Gradient from far away does little for LIF.',
  takesNeurons: false,
  plan(request) {
    const plan = new PlanBuilder(request)
    const taus = plan.axis('tau', { full: table3Taus, small: [1.1, 1.5, 2], smoke: [1.1, 1.5, 2] })
    for (const { task, smoke } of panels) {
      const lengths = Object.keys(published[task]).map(Number)
      for (const k of plan.axis(`k, ${tasks[task].title}`, { full: lengths, small: smoke, smoke })) {
        for (const tau of taus) {
          const labels = { data: tasks[task].title, tau, k }
          const change = { neuron: 'lif', neuronOptions: { tau }, bptt: k }
          plan.row(labels, task, change, {
            published: table3Accuracy(task, k, tau),
            smaller: smallerOf(task, request.scale),
          })
        }
      }
    }
    return plan.plan
  },
  conclude: (rows) =>
    truncationConclusion(
      rows,
      panels.map(({ task }) => ({
        title: tasks[task].title,
        rows: rows.filter(({ labels }) => labels.data === tasks[task].title),
      })),
    ),
}

function smallerOf(task: TaskName, scale: string) {
  return scale === 'smoke' && task === 'dvsGesture' ? { limit: 150 } : {}
}
