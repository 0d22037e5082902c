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
  /** [true class][predicted class], counts. */
  confusion?: readonly (readonly number[])[]
  classes?: readonly string[]
}
