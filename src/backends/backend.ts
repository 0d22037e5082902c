import type { Shape } from '../base/index.ts'
import type { Neuron, NoiseRun, Truncation } from '../equations/index.ts'
import type { KernelChoice } from './kernel-choice.ts'

/**
 * What a device must do to train and run spiking networks. The interface speaks in layers: event lists, packing,
 * kernel choice and threads are a backend's own affair. Calls may return before the device has worked; only `read`
 * and `finish` wait. Shapes are [T, N, H, W, C] or [T, N, C]; convolution weights are [kh, kw, Cin / groups, Cout],
 * linear weights [in, out].
 *
 * A sequence of T steps made of one repeated frame is passed with a first axis of 1; `neuron` repeats it.
 */

/** `spikes`: one byte per value, bit 0 the spike, bit 1 "the surrogate's window is open here", and a common scale. */
export type PlainKind = 'dense' | 'spikes'

/** `counts`: sums of a few spikes, as a pool makes them, in a form of the backend's own; it may give `dense` instead. */
export type Kind = PlainKind | 'counts'

/** A tensor on a device, opaque to everything above. */
export interface Handle {
  readonly kind: Kind
  readonly shape: Shape
  /** What one spike of `spikes` and `counts` stands for. */
  readonly scale?: number
}

export interface Conv2dOptions {
  readonly stride: readonly [number, number]
  readonly padding: readonly [number, number]
  readonly dilation: readonly [number, number]
  readonly groups: number
}

/**
 * Which gradient of a layer's input is wanted. `open`: only where the input's windows are open (0 elsewhere), enough
 * for the neuron that made the spikes; `full`: everywhere. A dense input always gets the full one.
 */
export type InputGradient = 'none' | 'open' | 'full'

export interface LayerGradients {
  readonly input: Handle | null
  readonly weight: Handle | null
  readonly bias: Handle | null
}

/** BatchNorm in front of a neuron. Vectors have shape [C]. */
export interface Normalisation {
  readonly weight: Handle
  readonly bias: Handle
  readonly runningMean: Handle
  readonly runningVariance: Handle
  readonly eps: number
  readonly momentum: number
  /** `perStep`: statistics over (N, H, W) of each step, running values updated T times in order; `merged`: over T too. */
  readonly statistics: 'perStep' | 'merged'
  /** True: batch statistics, and the running ones are updated. False: running statistics. */
  readonly training: boolean
  /** Batch statistics are those of all ranks together. Left out: of this process alone. */
  readonly ranks?: RankSums | undefined
}

/** The processes that train together, as BatchNorm sees them. */
export interface RankSums {
  /** Adds values up over all ranks, in place; every rank gets the sums. */
  sum(values: Numbers): void
  /** Whether this rank's samples count. Not where it had none of a batch, and another's stand in for them. */
  readonly counts: boolean
}

export interface NeuronCall {
  readonly neuron: Neuron
  /** Steps to run; x has this many, or 1 that is repeated. */
  readonly T: number
  /** One per learnable parameter of the program, in its order and scope. */
  readonly parameters: readonly Handle[]
  readonly normalisation: Normalisation | null
  /** Per program state [N, H, W, C] or [N, C]; null: fresh. */
  readonly state: readonly Handle[] | null
  /** Whether the states after the last step are wanted. */
  readonly wantState: boolean
  /** Whether `neuronBackward` will follow. */
  readonly wantBackward: boolean
  /** How far back in time gradients travel in `neuronBackward`; null or left out: all the way. */
  readonly truncation?: Truncation | null
  /** Which numbers `noise()` draws, the same on the way back; null or left out: it is 0. */
  readonly noise?: NoiseRun | null
}

export interface NeuronResult {
  /** `spikes` when the program is spiking, else `dense`; where it sums spikes, the backend may make bytes of them. */
  readonly output: Handle
  readonly state: readonly Handle[] | null
  /** What backward needs beside x and output; null without wantBackward. */
  readonly saved: SavedNeuron | null
}

/** Opaque: batch statistics and whatever else a backend keeps between a neuron's forward and backward. */
export interface SavedNeuron {
  readonly handles: readonly Handle[]
}

export interface NeuronGradients {
  /** Same shape as x (summed over T where x is one repeated frame). */
  readonly input: Handle
  readonly parameters: readonly Handle[]
  readonly normalisation: { readonly weight: Handle; readonly bias: Handle } | null
  /** dL/d(given state); null when the call had none. */
  readonly state: readonly Handle[] | null
}

export type PoolOptions =
  | {
      readonly kind: 'average' | 'max'
      readonly kernel: readonly [number, number]
      readonly stride: readonly [number, number]
      readonly padding: readonly [number, number]
    }
  /** Output cell i covers floor(i H / size) up to ceil((i + 1) H / size), as PyTorch; may enlarge. */
  | { readonly kind: 'adaptiveAverage'; readonly size: readonly [number, number] }

/** What the loss reads from outputs [T, N, K]: every step's, or one value per sample made of all steps. */
export type LossReduction = 'step' | 'mean' | 'sum' | 'max' | 'last'

export interface LossOptions {
  readonly reduction: LossReduction
  /** Weight of the softmax cross entropy against `targets`, a mean over rows. */
  readonly crossEntropy: number
  /** Weight of the squared error, a mean over all values. */
  readonly squaredError: number
  /** What the squared error pulls to: a constant, or `targets` as a line from `off` (0) to `on` (1). */
  readonly squaredErrorTo: number | { readonly off: number; readonly on: number }
}

export interface SgdOptions {
  readonly learningRate: number
  readonly momentum: number
  readonly nesterov: boolean
  readonly weightDecay: number
}

export interface AdamWOptions {
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  readonly weightDecay: number
  /** Number of this update, from 1. */
  readonly update: number
}

export type Numbers = Float32Array | Float64Array

export interface BackendInfo {
  readonly name: string
  readonly threads: number
  /** `simd128`, `relaxed-simd`, `shader-f16`...: what kernels may use here, part of the run record. */
  readonly features: readonly string[]
  /** Bytes of the largest single tensor, where there is such a limit. */
  readonly largestTensorBytes?: number
  /** Bytes of all tensors together, where there is such a limit. */
  readonly memoryBytes?: number
  /** Dense sequences of images, [T, N, H, W, C], and so the gradients of activations, are stored as float16. */
  readonly float16Images?: boolean
}

export interface Backend {
  readonly info: BackendInfo

  // Tensors. What a step makes lives until `release` or the end of the step; what is made outside one, until `release`.
  tensor(shape: Shape, values: ArrayLike<number> | null): Handle
  spikes(shape: Shape, bytes: Uint8Array, scale: number): Handle
  write(handle: Handle, values: ArrayLike<number>): void
  /** Values in row-major order; spikes as 0 or scale. */
  read(handle: Handle): Promise<Numbers>
  /** The bytes of a spike tensor. */
  readBytes(handle: Handle): Promise<Uint8Array>
  /** The values of a dense tensor where they lie, to be changed there at once. Absent where the host cannot reach them. */
  inPlace?(handle: Handle): Numbers
  release(handle: Handle): void
  beginStep(): void
  endStep(): void
  /** Resolves when everything asked for so far is done. */
  finish(): Promise<void>
  /** Most bytes in use at once so far. */
  peakBytes(): number
  /** Which kernels the layers that ran so far took, where a backend has a choice that changes the order of sums. */
  kernelChoices(): readonly KernelChoice[]
  close(): Promise<void>

  // Layers.
  /**
   * x * weight + bias + residual; the residual has the output's shape, or its first axis is 1.
   * @param normalised whether BatchNorm in training is likely to come next: its sums may be taken on the way
   */
  conv2d(
    x: Handle,
    weight: Handle,
    bias: Handle | null,
    residual: Handle | null,
    options: Conv2dOptions,
    normalised?: boolean,
  ): Handle
  conv2dBackward(
    x: Handle,
    weight: Handle,
    gradient: Handle,
    options: Conv2dOptions,
    want: { input: InputGradient; weight: boolean; bias: boolean },
  ): LayerGradients
  /** x [T, N, in], or [T, N, H, W, C] read as in = H W C. */
  linear(x: Handle, weight: Handle, bias: Handle | null): Handle
  linearBackward(
    x: Handle,
    weight: Handle,
    gradient: Handle,
    want: { input: InputGradient; weight: boolean; bias: boolean },
  ): LayerGradients
  neuron(x: Handle, call: NeuronCall): NeuronResult
  /** `state`: dL/d(states after the last step), or null. */
  neuronBackward(
    x: Handle,
    output: Handle,
    saved: SavedNeuron,
    gradient: Handle,
    state: readonly Handle[] | null,
    call: NeuronCall,
  ): NeuronGradients
  pool(x: Handle, options: PoolOptions): Handle
  poolBackward(x: Handle, gradient: Handle, options: PoolOptions, want: 'open' | 'full'): Handle
  /** Drops each value of [N, H, W, C] at all T steps alike where hash32(index, key) < p 2^32; the rest times 1/(1-p). */
  dropout(x: Handle, p: number, key: number): Handle
  dropoutBackward(gradient: Handle, p: number, key: number): Handle
  /** a + b, dense; where one first axis is 1, it is repeated. */
  add(a: Handle, b: Handle): Handle
  /** Steps from..to-1 of a sequence. */
  slice(x: Handle, from: number, to: number): Handle
  /** Sequences one after another in time; all of one kind and scale. */
  concat(parts: readonly Handle[]): Handle
  /** The same values under another shape: no copy, released on its own. */
  reshape(x: Handle, shape: Shape): Handle
  /** Sum over the first axis, which stays as 1. */
  sumSteps(x: Handle): Handle

  // Training.
  /** logits [T, N, K] or [1, N, K], targets [N, K]. Loss [1] and dL/dlogits. */
  loss(logits: Handle, targets: Handle, options: LossOptions): { loss: Handle; gradient: Handle }
  /** target += factor * source. */
  accumulate(target: Handle, source: Handle, factor: number): void
  /** target *= factor. */
  scale(target: Handle, factor: number): void
  /** Puts what is below `min` there, and what is above `max` there; either may be infinite. */
  clamp(target: Handle, min: number, max: number): void
  /** Scales all to a joint 2-norm of at most `maxNorm`; gives the norm before, [1]. Infinity only measures. */
  clipNorm(gradients: readonly Handle[], maxNorm: number): Handle
  /** Changes nothing where one of the guards, each [1], is not finite. */
  sgd(
    parameter: Handle,
    gradient: Handle,
    velocity: Handle | null,
    options: SgdOptions,
    guards?: readonly Handle[],
  ): void
  /** As `sgd`. */
  adamW(
    parameter: Handle,
    gradient: Handle,
    first: Handle,
    second: Handle,
    options: AdamWOptions,
    guards?: readonly Handle[],
  ): void
  /**
   * [number of non-zero values, number of open windows] of a sequence. Where the values count spikes, `counted`: the number of
   * spikes instead.
   */
  activity(x: Handle, counted?: boolean): Handle
}
