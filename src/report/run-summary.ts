import type { Energy } from '../analysis/index.ts'

/** One epoch of a run. Accuracies are in 0..1. */
export interface EpochSummary {
  epoch: number
  trainLoss: number
  trainAccuracy: number
  validationLoss?: number
  validationAccuracy?: number
  testAccuracy?: number
  learningRate: number
  imagesPerSecond: number
}

/** How much gradient every layer of neurons passes back through time. */
export interface RunGradients {
  /** Of all values. */
  readonly unit: string
  /** Which gradient it is, and of how many samples. */
  readonly about: string
  /** [T][T]: row t, column t'. */
  readonly layers: readonly { readonly layer: string; readonly size: readonly (readonly number[])[] }[]
}

/** What a report needs to know of one run. */
export interface RunSummary {
  name: string
  neuron: string
  model: string
  dataset: string
  /** The command that repeats it. */
  command: string
  config: Readonly<Record<string, unknown>>
  epochs: readonly EpochSummary[]
  final: {
    /** Of the epoch that the rule chose, in 0..1. */
    testAccuracy: number
    lastEpochTestAccuracy: number
    bestEpoch: number
    /** How the epoch was chosen, such as `best validation accuracy` or `last epoch`. */
    rule: string
  }
  /** Spikes per neuron and time step, in 0..1, in the network's order. */
  firingRates: readonly { layer: string; rate: number }[]
  /** Of the trained network, for some test images. */
  gradients?: RunGradients
  /** Of an inference, with the firing rates above. */
  energy?: Energy
  /** [true class][predicted class], counts. */
  confusion?: readonly (readonly number[])[]
  classes?: readonly string[]
}
