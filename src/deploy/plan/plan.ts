import type { Shape } from '../../base/index.ts'
import type { Neuron } from '../../equations/index.ts'
import type { Pair } from '../../nn/index.ts'

/**
 * One time step of a trained network as a flat list of operations on numbered values, as it is in evaluation: what every
 * target is written from. Values lie as [H, W, C] or [C].
 */
export interface Plan {
  readonly name: string
  /** By number. Value 0 is the frame that a step gets. */
  readonly values: readonly PlanValue[]
  readonly steps: readonly PlanStep[]
  /** The value with the step's outputs. */
  readonly output: ValueRef
  /** What is kept from one step to the next: the states of all layers, one after another. */
  readonly states: readonly PlanState[]
}

export type ValueRef = number

export interface PlanValue {
  readonly shape: Shape
  /** `spikes`: each is 0 or 1, and targets keep a list of those that are 1. */
  readonly kind: 'dense' | 'spikes'
}

export interface PlanState {
  /** Layer and state: `features.1.u`. */
  readonly name: string
  readonly size: number
  /** Before the first step. */
  readonly start: number
}

export type WeightType = 'float32' | 'float16' | 'int16' | 'int8'

/** Weights as they are stored; a scale that integers need stands in an operation behind them. */
export interface PlanWeights {
  readonly type: WeightType
  readonly shape: Shape
  /** [kh, kw, channels of a group, out], or [in, out]. Whole numbers where the type is of integers. */
  readonly values: Float64Array
}

/** Sums of weights, one column an output channel. */
interface Weighted {
  readonly from: ValueRef
  readonly to: ValueRef
  /** The layer. */
  readonly path: string
  readonly weight: PlanWeights
  readonly bias: Float64Array | null
}

export interface ConvStep extends Weighted {
  readonly op: 'conv'
  readonly stride: Pair
  readonly padding: Pair
  readonly dilation: Pair
  readonly groups: number
}

export interface LinearStep extends Weighted {
  readonly op: 'linear'
}

/** x * scale + shift, by channel. */
export interface AffineStep {
  readonly op: 'affine'
  readonly from: ValueRef
  readonly to: ValueRef
  readonly scale: Float64Array
  readonly shift: Float64Array
}

export interface NeuronStep {
  readonly op: 'neurons'
  readonly from: ValueRef
  readonly to: ValueRef
  readonly path: string
  readonly neuron: Neuron
  /** What x goes through first, by channel; null: nothing. */
  readonly scale: Float64Array | null
  readonly shift: Float64Array | null
  /** Learned parameters of the program, each with one value or one a channel. */
  readonly parameters: readonly Float64Array[]
  /** Number of its first state; the others follow. */
  readonly firstState: number
}

export interface PoolStep {
  readonly op: 'pool'
  readonly from: ValueRef
  readonly to: ValueRef
  readonly kind: 'average' | 'max'
  /** For each output row, and column, the first input row and the one behind the last. */
  readonly rows: readonly Span[]
  readonly columns: readonly Span[]
  /** By what a sum is divided; null: by the pixels that a window covers. */
  readonly area: number | null
  /** Of a window that slides; null for an adaptive pool. */
  readonly window: { readonly kernel: Pair; readonly stride: Pair; readonly padding: Pair } | null
}

export interface Span {
  readonly from: number
  readonly to: number
}

export type PlanStep =
  | ConvStep
  | LinearStep
  | AffineStep
  | NeuronStep
  | PoolStep
  /** Dense sum of two values of one size. */
  | { readonly op: 'add'; readonly from: readonly [ValueRef, ValueRef]; readonly to: ValueRef }
  /** Product of two values of one kind; the second may be a single place, which then counts for all. */
  | { readonly op: 'multiply'; readonly from: readonly [ValueRef, ValueRef]; readonly to: ValueRef }
  /** Spikes as dense numbers. */
  | { readonly op: 'dense'; readonly from: ValueRef; readonly to: ValueRef }
  /** What `remember` kept in the step before. */
  | { readonly op: 'recall'; readonly state: number; readonly to: ValueRef }
  | { readonly op: 'remember'; readonly state: number; readonly from: ValueRef }

/** The values that a step reads. */
export function readsOf(step: PlanStep): readonly ValueRef[] {
  if (step.op === 'recall') return []
  return typeof step.from === 'number' ? [step.from] : step.from
}

/** The value that a step writes; null for one that writes a state alone. */
export function writesOf(step: PlanStep): ValueRef | null {
  return step.op === 'remember' ? null : step.to
}

/** How many steps read each value; the network's output counts as one more. */
export function readersOf({ values, steps, output }: Pick<Plan, 'values' | 'steps' | 'output'>): number[] {
  const readers = values.map(() => 0)
  for (const step of steps) for (const ref of readsOf(step)) readers[ref]++
  readers[output]++
  return readers
}
