import type { Random } from '../base/index.ts'

/**
 * One time step of a neuron as straight-line code in single assignment, and its adjoint. Every reader of a neuron (the
 * float64 evaluator, the WebAssembly and WGSL emitters, the analyses) works from these two lists and from nothing else.
 */

/** Position of an instruction, and so of its value. Adjoint values continue the numbering of the program. */
export type ValueId = number

/** Operations that equations can contain. */
export type ForwardOp =
  | 'constant' // value
  | 'input' // x[t], after decay where decayInput is on
  | 'state' // state `index` as it was at the end of step t-1
  | 'parameter' // learnable parameter `index`
  | 'noise' // standard normal, of the place `index` in the equations
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'neg'
  | 'pow' // args[0] to the integer `value`
  | 'sigmoid'
  | 'tanh'
  | 'sin'
  | 'cos'
  | 'erf'
  | 'floor'
  | 'round'
  | 'where'
  | 'exp'
  | 'log'
  | 'relu'
  | 'abs'
  | 'sqrt'
  | 'min'
  | 'max'
  | 'spike' // 1 where args[0] >= 0, else 0
  | 'detach' // args[0], no gradient through it

/** What only adjoints need. Comparisons give 1 or 0. */
export type AdjointOp =
  | 'outputGradient' // dL/ds[t] from the layers above
  | 'stateGradient' // dL/d(state `index` at the end of step t), from step t+1
  | 'window' // 1 where |args[0]| <= value: the surrogate's window
  | 'positive' // args[0] > 0
  | 'sign' // -1, 0 or 1
  | 'less' // args[0] < args[1]
  | 'lessOrEqual' // args[0] <= args[1]

export interface Instruction {
  readonly op: ForwardOp | AdjointOp
  readonly args: readonly ValueId[]
  /** `constant`: the number. `pow`: the integer exponent. `window`: half its width. */
  readonly value?: number
  /** `state`, `stateGradient`, `parameter`, `noise`: which one. */
  readonly index?: number
}

export interface State {
  readonly name: string
  /** Value before the first step. */
  readonly start: number
  /** Value at the end of a step. */
  readonly next: ValueId
}

/** `layer`: one value; `channel`: [C]; `neuron`: [H, W, C]; `step`: [T]; `stepChannel`: [T, C]. */
export type ParameterScope = 'layer' | 'channel' | 'neuron' | 'step' | 'stepChannel'

export interface LearnableParameter {
  readonly name: string
  readonly scope: ParameterScope
  /** Start value for a run of T steps; of random starts the middle of the distribution, of arrays the mean. */
  readonly start: (T: number) => number
  /** Start values, `size` of them, for a run of T steps. */
  readonly draw: (T: number, size: number, random: Random) => Float64Array
  /** Where it starts as it was written, for starts that are not one number: `uniform(0.5, 0.9)`. */
  readonly startText?: string
  /** What updates keep it within. */
  readonly min?: number
  readonly max?: number
}

/** A value that recordings can name: `u#1` is the first assignment to u in a step, plain `u` the last. */
export interface Observable {
  readonly name: string
  readonly value: ValueId
}

export interface Program {
  readonly instructions: readonly Instruction[]
  readonly states: readonly State[]
  readonly parameters: readonly LearnableParameter[]
  readonly observables: readonly Observable[]
  /** The value of `s`. */
  readonly output: ValueId
  /** True where `s` is exactly one `spike(...)`, the only one of the program: its sequence is stored as bytes. */
  readonly spiking: boolean
  /** How many spikes `s` counts, at most `mostSpikes`: backends may store it as bytes. 0 where it is anything else. */
  readonly levels: number
  /** Half the width of the surrogate's window around 0, or undefined where the surrogate has none. */
  readonly window: number | undefined
}

/** One step of reverse time. Forward values it reads are recomputed by the same instructions in the same order. */
export interface Adjoint {
  /** Ids start at program.instructions.length. */
  readonly instructions: readonly Instruction[]
  /** dL/dx[t]. */
  readonly input: ValueId
  /** Per state: dL/d(state at the end of step t-1). */
  readonly states: readonly ValueId[]
  /** Per learnable parameter: this neuron-step's share of dL/dp. */
  readonly parameters: readonly ValueId[]
}

/** What stands in for the derivative of `spike(v)`, whose true one is 0 almost everywhere. */
export interface Surrogate {
  readonly name: string
  /** Sharpness. */
  readonly alpha: number
  /** Formula in v, alpha and pi. */
  readonly derivative: string
  /** Half the width of the window around v = 0 outside of which it is 0, in alpha and pi. Left out: no window. */
  readonly window?: string
}

/**
 * A linear map over time in front of a neuron without state: step t receives the inputs of all steps (`full`), of the k
 * latest (`masked`), or of the k latest with the same k weights at every step (`sliding`).
 */
export type TemporalMixing = { readonly kind: 'full' } | { readonly kind: 'masked' | 'sliding'; readonly k: number }

/** When a neuron's `noise()` is drawn: in training alone, or in evaluation too. */
export type NoiseTime = 'training' | 'always'

/** A neuron ready for use: what a layer holds. */
export interface Neuron {
  readonly name: string
  /** The equations after options were applied, as text. */
  readonly equations: string
  readonly program: Program
  readonly adjoint: Adjoint
  /** Name and options, enough to build it again from a checkpoint. */
  readonly config: NeuronConfig
  /** What a layer puts in front of the equations, whose `x` is then its result. */
  readonly temporal?: TemporalMixing
  /** Its constants after options were applied. */
  readonly constants?: { readonly [name: string]: number }
  /** What stands in for the derivative of spike. */
  readonly surrogate?: Surrogate
  /** What is allowed in the equations but probably not meant, one line each. */
  readonly warnings?: readonly string[]
  /** When `noise()` is not 0. */
  readonly noise?: NoiseTime
  /** Where it was published. */
  readonly paper?: string
}

/** JSON that a checkpoint or a run record holds. */
export interface NeuronConfig {
  readonly neuron: string
  readonly options: { readonly [name: string]: unknown }
  /** What `defineNeuron` was given, for neurons that the registry does not know. */
  readonly definition?: { readonly [field: string]: unknown }
}
