import type { Energy, Raster } from '../analysis/index.ts'
import type { NetworkLayer } from './network-picture.ts'

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

/** A test sample that the network took for another class. */
export interface ConfusedSample {
  /** Its number among the test samples. */
  readonly index: number
  readonly truth: string
  readonly taken: string
  readonly width: number
  readonly height: number
  /** A PNG file in base64. */
  readonly png: string
}

/** Where in a sweep a run lies. */
export interface SweepPoint {
  readonly neuron: string
  /** What is varied besides, such as `T` or `tau`, and its value. */
  readonly axes: { readonly [name: string]: number }
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
  /** Layers from the input to the output. */
  network?: readonly NetworkLayer[]
  /** Of every layer of neurons for some test samples. */
  raster?: Raster
  confused?: readonly ConfusedSample[]
  /** Numbers of updates with their training loss. */
  updates?: readonly (readonly [update: number, loss: number])[]
  /** Of a run of a sweep. */
  point?: SweepPoint
}
