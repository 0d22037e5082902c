import { sizeOf } from '../base/index.ts'
import { liveInstructions } from './live.ts'
import type { Plan, PlanStep } from './plan/index.ts'

/** What one layer costs in a step, at worst: with every input different from 0. */
export interface LayerCost {
  readonly layer: string
  /** Sums of weights, or operations of neurons. */
  readonly operations: number
}

/** Operations of one step, at worst, layer by layer. Spikes that do not come cost nothing of the sums. */
export function worstCase(plan: Plan): LayerCost[] {
  return plan.steps.flatMap((step) => {
    const operations = operationsOf(plan, step)
    return operations === 0 ? [] : [{ layer: 'path' in step ? step.path : step.op, operations }]
  })
}

const free: ReadonlySet<string> = new Set(['constant', 'input', 'state', 'parameter', 'detach'])

function operationsOf({ values }: Plan, step: PlanStep): number {
  switch (step.op) {
    case 'conv': {
      const [kh, kw, groupIn] = step.weight.shape
      return sizeOf(values[step.to].shape) * kh * kw * groupIn
    }
    case 'linear':
      return sizeOf(step.weight.shape)
    case 'neurons': {
      const { program } = step.neuron
      const each = liveInstructions(program).filter((id) => !free.has(program.instructions[id].op)).length
      const scaling = (step.scale ? 1 : 0) + (step.shift ? 1 : 0)
      return sizeOf(values[step.to].shape) * (each + scaling)
    }
    case 'pool': {
      const covered = (spans: typeof step.rows) => spans.reduce((sum, { from, to }) => sum + to - from, 0)
      return covered(step.rows) * covered(step.columns) * values[step.from].shape[2]
    }
    case 'affine':
    case 'add':
    case 'multiply':
      return sizeOf(values[step.to].shape)
    default:
      return 0
  }
}
