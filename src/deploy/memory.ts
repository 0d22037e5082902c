import { sizeOf } from '../base/index.ts'
import { type Plan, readsOf, type ValueRef, writesOf } from './plan/index.ts'

/** Where everything lies that a program keeps; in elements, not bytes. */
export interface MemoryPlan {
  /** First element of each dense value among the numbers; of values without numbers, undefined. */
  readonly numbers: ReadonlyMap<ValueRef, number>
  readonly numberCount: number
  /** First element of each list of spikes, which has room for all of its neurons, among the lists. */
  readonly lists: ReadonlyMap<ValueRef, number>
  readonly listCount: number
  /** First element of each state. Behind them come the sums of outputs. */
  readonly states: readonly number[]
  readonly stateCount: number
  /** Whether something other than a sum of weights reads the frame, which is then kept as numbers. */
  readonly keepsFrame: boolean
  /** Elements of the list of the frame's numbers that are not 0; 0 where the frame is kept. */
  readonly frameList: number
  /** The same of the longest list of the other dense values that weights read. */
  readonly nonzeros: number
  /** Marks of the largest value that lists are made of one by one. */
  readonly marks: number
}

/**
 * Places for the values of a plan. Two share one where the first is no longer read when the second is made.
 * @param options reuse: false keeps every value of a step until the next
 */
export function memoryOf(plan: Plan, { reuse = true }: { readonly reuse?: boolean } = {}): MemoryPlan {
  const { values, steps } = plan
  const size = (ref: ValueRef) => sizeOf(values[ref].shape)
  const weighted = (ref: ValueRef) => steps.filter((step) => readsOf(step).includes(ref))
  const keepsFrame = weighted(0).some(({ op }) => op !== 'conv' && op !== 'linear') || plan.output === 0
  const made = values.map((_, ref) => steps.findIndex((step) => writesOf(step) === ref))
  const last = values.map((_, ref) => {
    if (!reuse || ref === plan.output) return steps.length
    return steps.reduce((at, step, i) => (readsOf(step).includes(ref) ? i : at), made[ref])
  })
  const place = (kind: 'dense' | 'spikes') => {
    const wanted = values.map((_, ref) => ref).filter((ref) => values[ref].kind === kind)
    return placed(
      wanted
        .filter((ref) => (ref === 0 ? keepsFrame : made[ref] >= 0))
        .map((ref) => ({ ref, size: size(ref), from: made[ref], to: last[ref] })),
    )
  }
  const [numbers, lists] = [place('dense'), place('spikes')]
  let stateCount = 0
  const states = plan.states.map((state) => {
    const at = stateCount
    stateCount += state.size
    return at
  })
  const denseReads = steps.flatMap((step) => {
    if (step.op !== 'conv' && step.op !== 'linear') return []
    return values[step.from].kind === 'dense' && (keepsFrame || step.from !== 0) ? [size(step.from)] : []
  })
  const marked = steps.flatMap((step) => {
    if (step.op === 'pool' && values[step.to].kind === 'spikes') return [size(step.to)]
    return step.op === 'multiply' && values[step.to].kind === 'spikes' ? [size(step.from[1])] : []
  })
  return {
    numbers: numbers.at,
    numberCount: numbers.total,
    lists: lists.at,
    listCount: lists.total,
    states,
    stateCount,
    keepsFrame,
    frameList: keepsFrame ? 0 : size(0),
    nonzeros: Math.max(0, ...denseReads),
    marks: Math.max(0, ...marked),
  }
}

interface Wanted {
  readonly ref: ValueRef
  readonly size: number
  /** The steps that make it, and that read it last. */
  readonly from: number
  readonly to: number
}

/** Places begin at multiples of this many elements, so that vectors fit. */
const alignment = 4

/** The first place for each in which nothing lies that is needed at the same time. */
function placed(wanted: readonly Wanted[]): { at: Map<ValueRef, number>; total: number } {
  const at = new Map<ValueRef, number>()
  let total = 0
  for (const one of wanted) {
    const beside = wanted
      .filter((other) => at.has(other.ref) && other.from <= one.to && one.from <= other.to)
      .map((other) => ({ first: at.get(other.ref)!, end: at.get(other.ref)! + other.size }))
      .sort((a, b) => a.first - b.first)
    let first = 0
    for (const other of beside) {
      if (first + one.size <= other.first) break
      first = Math.max(first, Math.ceil(other.end / alignment) * alignment)
    }
    at.set(one.ref, first)
    total = Math.max(total, first + one.size)
  }
  return { at, total }
}
