import { UsageError } from '../../base/index.ts'
import { type Events, eventsWhere } from '../../formats/index.ts'
import { sortedByTime } from './changes.ts'

export interface SliceOptions {
  /** How much of a slice the next one has again, in the unit of its length. Default: 0. */
  readonly overlap?: number
  /** Whether the rest behind the last whole slice becomes one. Default: no. */
  readonly rest?: boolean
}

/**
 * Cuts a recording into recordings of `lengthUs` each, from its first event on. Slices without events are there too; times
 * stay what they were.
 * @throws UsageError if the length is not positive, or the overlap not below it
 */
export function slicesByTime(events: Events, lengthUs: number, options: SliceOptions = {}): Events[] {
  const step = stepOf(lengthUs, options, 'us')
  const ordered = sortedByTime(events)
  const { t } = ordered
  if (t.length === 0) return []
  const [first, last] = [t[0], t[t.length - 1]]
  return startsOf(last - first + 1, lengthUs, step, options).map((from) => {
    const [start, end] = [first + from, first + from + lengthUs]
    return eventsWhere(ordered, (i) => t[i] >= start && t[i] < end)
  })
}

/**
 * Cuts a recording into recordings of `count` events each, in the order of their times.
 * @throws UsageError if the count is no whole number above 0, or the overlap not below it
 */
export function slicesByCount(events: Events, count: number, options: SliceOptions = {}): Events[] {
  const step = stepOf(count, options, 'events')
  const ordered = sortedByTime(events)
  return startsOf(ordered.t.length, count, step, options).map((from) =>
    eventsWhere(ordered, (i) => i >= from && i < from + count),
  )
}

/** Where slices begin. */
function startsOf(total: number, length: number, step: number, { rest = false }: SliceOptions): number[] {
  const starts: number[] = []
  let start = 0
  for (; start + length <= total; start += step) starts.push(start)
  const covered = starts.length === 0 ? 0 : starts[starts.length - 1] + length
  if (rest && covered < total) starts.push(start)
  return starts
}

function stepOf(length: number, { overlap = 0 }: SliceOptions, unit: string): number {
  const whole = unit === 'us' || (Number.isSafeInteger(length) && Number.isSafeInteger(overlap))
  if (whole && length > 0 && Number.isFinite(length) && overlap >= 0 && overlap < length) return length - overlap
  throw new UsageError({
    what: 'slices: length or overlap out of range',
    expected: `a length above 0 ${unit}, and an overlap of 0 or more that is below it`,
    got: `length ${length}, overlap ${overlap}`,
  })
}
