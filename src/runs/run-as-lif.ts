import { lifConstants, lifWithReset, type ResetReading, runAs } from '../analysis/index.ts'
import { UsageError } from '../base/index.ts'
import type { Dataset } from '../data/index.ts'
import type { Neuron } from '../equations/index.ts'
import { type EvaluateOptions, evaluate, loadCheckpoint } from '../train/index.ts'

/** Reset values of Table 8. */
export const table8Values = [0, -0.02, -0.04, -0.06, -0.08, -0.1] as const

export interface RunAsLifOptions extends EvaluateOptions {
  /** How a reset value is read; Table 8 does not say. Default: hard and leak. */
  readonly readings?: readonly ResetReading[]
  /** Default: those of Table 8. */
  readonly values?: readonly number[]
  /** Called after each row. */
  readonly progress?: (done: number, total: number) => void
}

/** A trained network's accuracy with one neuron, in 0..1. */
export interface RunAsLifRow {
  /** `as trained`, `soft`, or `hard -0.02`, `leak -0.02`... */
  readonly name: string
  readonly reading: ResetReading | 'as trained'
  /** Of resets with a value; undefined for the network as trained and the plain soft reset. */
  readonly value?: number
  readonly accuracy: number
  readonly loss: number
}

/**
 * Runs a trained network with LIF at inference: soft reset, then a reset to each value in each reading. tau and threshold
 * are those it was trained with.
 * @param checkpoint bytes of a checkpoint; its parameters stay as they are
 * @returns a row for the network as trained, and one for each way of running it
 * @throws UsageError for a network whose layers have different neurons; FormatError for bytes that are no checkpoint
 * @see Huang et al. 2024, Table 8
 */
export async function runAsLif(
  checkpoint: Uint8Array,
  dataset: Dataset,
  options: RunAsLifOptions,
): Promise<RunAsLifRow[]> {
  const { readings = ['hard', 'leak'], values = table8Values, progress, ...evaluation } = options
  const { net } = loadCheckpoint(checkpoint)
  const trained = net.neuron
  if (!trained) {
    throw new UsageError({
      what: `the layers of ${net.name} have different neurons, or none`,
      expected: 'one kind of spiking neuron in all layers',
      next: 'Run a network of one neuron as LIF.',
    })
  }
  const constants = lifConstants(trained)
  const ways: { name: string; reading: RunAsLifRow['reading']; value?: number; neuron: Neuron | null }[] = [
    { name: 'as trained', reading: 'as trained', neuron: null },
    { name: 'soft', reading: 'soft', neuron: lifWithReset('soft', 0, constants) },
    ...readings.flatMap((reading) =>
      values
        .filter((value) => !isRepeated(reading, value, readings))
        .map((value) => ({
          name: `${reading} ${value}`,
          reading,
          value,
          neuron: lifWithReset(reading, value, constants),
        })),
    ),
  ]
  const rows: RunAsLifRow[] = []
  try {
    for (const { neuron, ...way } of ways) {
      if (neuron) await runAs(net, neuron)
      const { accuracy, loss } = await evaluate(net, dataset, evaluation)
      rows.push({ ...way, accuracy, loss })
      progress?.(rows.length, ways.length)
    }
  } finally {
    net.unplace()
  }
  return rows
}

/** At 0 leak is hard, and soft is the plain soft reset. */
function isRepeated(reading: ResetReading, value: number, readings: readonly ResetReading[]): boolean {
  return value === 0 && (reading === 'soft' || (reading === 'leak' && readings.includes('hard')))
}
