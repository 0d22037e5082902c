import type { Backend, Handle, Numbers } from '../backends/index.ts'
import { SpikeletError, UsageError } from '../base/index.ts'
import type { GroupOf } from './parameter-groups.ts'

/** Where an optimiser of one's own is, and what it may remember. */
export interface OwnUpdate {
  /** The optimiser's learning rate times the schedule's factor. */
  readonly learningRate: number
  /** Number of the update, from 1. */
  readonly update: number
  /** The parameter's name, such as `fc.weight`. */
  readonly path: string
  /** As many arrays as `remembers` says, each as long as the values; zeros at first, kept from update to update. */
  readonly memory: readonly Numbers[]
}

/**
 * One update of one parameter: changes `values`, and its memory, in place.
 * @param gradient after clipping, as long as `values`; both float32, on the interpreter float64
 */
export type OwnStep = (values: Numbers, gradient: Numbers, at: OwnUpdate) => void

/** An optimiser of one's own. It is computed on the host; what it remembers goes into checkpoints, and runs can be resumed. */
export interface OwnOptimiser {
  /** For the record of the run. */
  readonly name: string
  readonly step: OwnStep
  /** What schedules multiply. Default 0.1; of a function alone, 1: it gets the schedule's factor. */
  readonly learningRate?: number
  /** Arrays that it remembers of each parameter. Default 0. */
  readonly remembers?: number
  /** Numbers that decide what it does, for the record: a resumed run must have the same. */
  readonly options?: Readonly<Record<string, number | boolean>>
  readonly group?: GroupOf
}

/** An optimiser of one's own, as `Updates` takes it. */
export interface CheckedOwnOptimiser {
  readonly name: string
  readonly own: OwnStep
  readonly remembers: number
  readonly options: { readonly learningRate: number; readonly weightDecay: number | boolean }
  readonly group: GroupOf
}

/** @throws UsageError for a learning rate or a number of arrays out of range */
export function checkedOwn(given: OwnOptimiser | OwnStep): CheckedOwnOptimiser {
  if (typeof given === 'function')
    return checkedOwn({ name: given.name || 'own optimiser', step: given, learningRate: 1 })
  const { name, step, learningRate = 0.1, remembers = 0, options, group = () => undefined } = given
  if (!(Number.isFinite(learningRate) && learningRate >= 0)) {
    throw outOfRange(name, 'learningRate', 'a number of 0 or more', learningRate)
  }
  if (!(Number.isSafeInteger(remembers) && remembers >= 0 && remembers <= 16)) {
    throw outOfRange(name, 'remembers', 'a whole number, 0..16', remembers)
  }
  return { name, own: step, remembers, options: { weightDecay: 0, ...options, learningRate }, group }
}

function outOfRange(name: string, option: string, expected: string, got: number): UsageError {
  return new UsageError({ what: `optimiser ${name}: ${option} out of range`, expected, got: String(got) })
}

/**
 * Makes the update of one parameter on the host, and puts the results back on the backend.
 * @throws SpikeletError where the step left a number that is not finite
 */
export async function ownUpdate(
  backend: Backend,
  optimiser: CheckedOwnOptimiser,
  { path, handle, gradient, memory }: { path: string; handle: Handle; gradient: Handle; memory: readonly Handle[] },
  at: Pick<OwnUpdate, 'learningRate' | 'update'>,
): Promise<void> {
  const [values, slope, ...kept] = await Promise.all([handle, gradient, ...memory].map((one) => backend.read(one)))
  optimiser.own(values, slope, { ...at, path, memory: kept })
  const bad = values.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) {
    throw new SpikeletError({
      what: `optimiser ${optimiser.name} left a value that is not finite`,
      place: `${path}, number ${bad}, update ${at.update}`,
      expected: 'finite numbers; nothing of this parameter was changed',
      got: String(values[bad]),
    })
  }
  backend.write(handle, values)
  kept.forEach((one, k) => void backend.write(memory[k], one))
}
