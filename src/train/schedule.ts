import { UsageError } from '../base/index.ts'

/** How the learning rate goes, as a value: a factor of the optimiser's own. */
/** Where a run is, for a schedule of one's own. */
export interface ScheduleMoment {
  /** Number of the update in the run, from 0. */
  readonly update: number
  readonly updatesPerEpoch: number
  readonly epochs: number
}

/** A schedule of one's own: what the optimiser's learning rate is multiplied by, 0 or more. */
export type OwnSchedule = (at: ScheduleMoment) => number

export interface Schedule {
  readonly name: string
  /** Takes the place of a known curve. */
  readonly own?: OwnSchedule
  readonly options: ScheduleOptions & { readonly epochs?: number; readonly factor?: number }
}

export interface ScheduleOptions {
  /** Epochs in which the rate rises evenly from near 0 to full. Default 0. */
  readonly warmup?: number
  /** Whether the rate changes with every update or, as in many published codes, with every epoch. Default update. */
  readonly per?: 'update' | 'epoch'
}

/** The full rate throughout. */
export function constant(options: ScheduleOptions = {}): Schedule {
  return make('constant', options)
}

/** Half a cosine, from the full rate down to 0 at the end of the last epoch. */
export function cosine(options: ScheduleOptions = {}): Schedule {
  return make('cosine', options)
}

/** Times `factor` after every `epochs` epochs. @throws UsageError for epochs or a factor out of range */
export function stepDecay(options: ScheduleOptions & { readonly epochs: number; readonly factor?: number }): Schedule {
  const { factor = 0.1 } = options
  if (!(options.epochs > 0)) throw outOfRange('step', 'epochs', 'above 0', options.epochs)
  if (!(factor > 0)) throw outOfRange('step', 'factor', 'above 0', factor)
  return make('step', { ...options, factor })
}

/**
 * The factor of an update's learning rate.
 * @param update number of the update in the run, from 0
 */
export function scheduleFactor(schedule: Schedule, at: ScheduleMoment): number {
  if (schedule.own) return ownFactor(schedule.name, schedule.own, at)
  const { warmup = 0, per = 'update' } = schedule.options
  const rising = Math.round(warmup * at.updatesPerEpoch)
  if (at.update < rising) return (at.update + 1) / rising
  const exact = at.update / at.updatesPerEpoch
  const epoch = per === 'epoch' ? Math.floor(exact) : exact
  return shapes[schedule.name as KnownCurve](
    epoch,
    { start: per === 'epoch' ? Math.floor(warmup) : warmup, end: at.epochs },
    schedule,
  )
}

/** @throws UsageError for a factor that is no number of 0 or more */
function ownFactor(name: string, own: OwnSchedule, at: ScheduleMoment): number {
  const factor = own(at)
  if (Number.isFinite(factor) && factor >= 0) return factor
  throw new UsageError({
    what: `schedule ${name} gave no factor of the learning rate`,
    place: `update ${at.update + 1}`,
    expected: 'a number of 0 or more',
    got: String(factor),
  })
}

/** A schedule of a function; one that is a schedule already stays. */
export function scheduleOf(schedule: Schedule | OwnSchedule): Schedule {
  if (typeof schedule !== 'function') return schedule
  return { name: schedule.name || 'own schedule', own: schedule, options: {} }
}

type KnownCurve = 'constant' | 'cosine' | 'step'

type Curve = (epoch: number, range: { start: number; end: number }, schedule: Schedule) => number

const shapes: Readonly<Record<KnownCurve, Curve>> = {
  constant: () => 1,
  cosine: (epoch, { start, end }) => (1 + Math.cos((Math.PI * (epoch - start)) / Math.max(end - start, 1e-9))) / 2,
  step: (epoch, _, { options: { factor = 1, epochs = 1 } }) => factor ** Math.floor(epoch / epochs),
}

function make(name: KnownCurve, options: Schedule['options']): Schedule {
  const { warmup = 0 } = options
  if (!(warmup >= 0 && Number.isFinite(warmup))) throw outOfRange(name, 'warmup', '0 epochs or more', warmup)
  return { name, options }
}

function outOfRange(schedule: string, name: string, expected: string, got: number): UsageError {
  return new UsageError({ what: `schedule ${schedule}: ${name} out of range`, expected, got: String(got) })
}
