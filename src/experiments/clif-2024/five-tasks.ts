import type { Plan, PlanRequest, RowResult } from '../experiment.ts'
import { listedNeurons, PlanBuilder } from '../plan.ts'
import { type TaskName, tasks } from '../tasks.ts'

/** The tasks of Figs. 10 and 11. */
export const fiveTasks = [
  'cifar10',
  'cifar100',
  'tinyImagenet',
  'dvsGesture',
  'dvsCifar10',
] as const satisfies TaskName[]

/** LIF, CLIF and the user's neurons on all five. */
export function fiveTasksPlan(request: PlanRequest): Plan {
  const plan = new PlanBuilder(request)
  for (const task of fiveTasks) {
    for (const { label, neuron } of listedNeurons(['lif', 'clif'], request)) {
      plan.row({ data: tasks[task].title, neuron: label }, task, { neuron })
    }
  }
  return plan.plan
}

/** Rows by task, those that have something. */
export function byTask(rows: readonly RowResult[]): { task: (typeof fiveTasks)[number]; rows: RowResult[] }[] {
  return fiveTasks
    .map((task) => ({
      task,
      rows: rows.filter(({ labels, outcomes }) => labels.data === tasks[task].title && outcomes.length > 0),
    }))
    .filter((one) => one.rows.length > 0)
}
