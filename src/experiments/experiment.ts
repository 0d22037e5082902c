import type { Neuron } from '../equations/index.ts'
import type { RunAsLifRow } from '../runs/index.ts'

import type { EpochRecord, LayerRate } from '../train/index.ts'

/**
 * How much of the paper's work is done: its whole protocol; hours; the paper's questions on two cores within some evenings;
 * minutes, which are no evidence about the paper.
 */
export const scales = ['full', 'small', 'evening', 'smoke'] as const

export type Scale = (typeof scales)[number]

/** One training run, in the options of `spikelet train`. */
export interface RunSettings {
  readonly model: string
  readonly neuron: string
  readonly neuronOptions?: { readonly [name: string]: unknown }
  readonly T: number
  readonly epochs: number
  readonly batch: number
  readonly lr: number
  readonly weightDecay: number
  readonly dropout: number
  readonly augment: readonly string[]
  readonly loss: string
  readonly seed: number
  /** First training, and first test, images. */
  readonly limit?: number | undefined
  readonly bptt?: number
  /** `EPOCH:NEURON` */
  readonly exchange?: readonly string[]
  /** `WIDTHxHEIGHT` of frames of events. */
  readonly frameSize?: string
}

export interface PlannedRun {
  readonly dataset: string
  readonly settings: RunSettings
  /** What is done with the trained network: Table 8's sweep over neurons at inference. */
  readonly analysis?: 'as-lif'
}

/** What a row is about, by column. */
export type Labels = Readonly<Record<string, string | number>>

/** One line of a result before anything has run. */
export interface PlannedRow {
  readonly labels: Labels
  /** One a seed; none where the row cannot be run. */
  readonly runs: readonly PlannedRun[]
  /** The paper's value, where it prints one; accuracies in percent. */
  readonly published?: number | undefined
  /** Why nothing is run. */
  readonly missing?: string
  /** The data set of the row's label, and the one that its runs take in place of it. */
  readonly standIn?: { readonly of: string; readonly dataset: string }
}

/** Something of the paper that was exchanged for something else. */
export interface Replacement {
  readonly what: string
  readonly paper: string
  readonly here: string
}

export interface Plan {
  readonly rows: readonly PlannedRow[]
  readonly replaced: readonly Replacement[]
}

/** A neuron that a user adds to an experiment: how commands name it, and what it is. */
export interface OwnNeuron {
  readonly choice: string
  readonly neuron: Neuron
}

export interface PlanRequest {
  readonly scale: Scale
  readonly neurons: readonly OwnNeuron[]
  /** Whether the files of a data set are there. */
  has(dataset: string): boolean
}

/** What a finished run found. Accuracies are in 0..1. */
export interface RunOutcome {
  readonly seed: number
  /** How many images judged it. */
  readonly images: number
  /** Of the last epoch. */
  readonly accuracy: number
  /** The best of all epochs by the test images themselves, which flatters: what papers print. */
  readonly bestAccuracy: number
  readonly epochs: readonly EpochRecord[]
  readonly firingRates: readonly LayerRate[]
  /** Of the trained network, run as LIF. */
  readonly asLif?: readonly RunAsLifRow[]
}

/** One line of a result with what its runs found. */
export interface RowResult extends PlannedRow {
  readonly outcomes: readonly RunOutcome[]
  /** Messages of runs that failed. */
  readonly failures: readonly string[]
}

export interface Column {
  readonly name: string
  /** Digits behind the point; left out: text. */
  readonly digits?: number
}

/** Values by the names of columns. */
export type TableRow = Readonly<Record<string, string | number | undefined>>

export interface ResultTable {
  readonly columns: readonly Column[]
  readonly rows: readonly TableRow[]
}

export interface ResultPicture {
  /** The name of its file, without ending. */
  readonly name: string
  /** An SVG element whose colours come from the page. */
  readonly svg: string
  readonly caption: string
}

/** Whether what was found points where the paper's finding points. */
export interface Verdict {
  readonly agrees: 'yes' | 'no' | 'undecided'
  readonly text: string
}

export interface Conclusion {
  readonly table: ResultTable
  readonly pictures: readonly ResultPicture[]
  readonly verdict: Verdict
}

/** One of the paper's figures or tables. */
export interface Experiment {
  readonly name: string
  readonly aliases?: readonly string[]
  /** `Fig. 2a` */
  readonly source: string
  readonly title: string
  /** For readers who do not know the paper. */
  readonly question: string
  /** What the paper found, in a sentence or two. */
  readonly finding: string
  /** Whether neurons of one's own can be added. */
  readonly takesNeurons: boolean
  /** Whether it is the same at every scale: nothing is trained. */
  readonly computed?: boolean
  /** Whether a part of it is run at the scale `evening`. */
  readonly evening?: boolean
  plan(request: PlanRequest): Plan
  conclude(rows: readonly RowResult[], request: PlanRequest): Conclusion | Promise<Conclusion>
}
