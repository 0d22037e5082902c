import { UsageError } from '../../base/index.ts'
import { type Events, eventsWhere } from '../../formats/index.ts'
import { sortedByTime } from './changes.ts'
import { lastTimes } from './last-times.ts'

/**
 * Leaves out events that come at a pixel within `periodUs` of the last one there that was kept, of any polarity: as a
 * pixel that cannot fire again so soon.
 * @throws UsageError if the period is not positive
 */
export function refractoryEvents(events: Events, periodUs: number): Events {
  checkPositive('refractory period', periodUs, 'us')
  const ordered = sortedByTime(events)
  const { width, height, t, x, y } = ordered
  const last = lastTimes(width * height)
  return eventsWhere(ordered, (i) => {
    const pixel = y[i] * width + x[i]
    const kept = t[i] - last.get(pixel) > periodUs
    if (kept) last.set(pixel, t[i])
    return kept
  })
}

/**
 * Leaves out all events of pixels that have more than `mostHertz` of them a second, from the first event of the recording
 * to the last: broken pixels, which fire at whatever they see.
 * @throws UsageError if the limit is not positive
 */
export function withoutHotPixels(events: Events, mostHertz: number): Events {
  checkPositive('hot pixels: limit', mostHertz, 'events a second')
  const { width, t, x, y } = events
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const counts = new Map<number, number>()
  for (let i = 0; i < t.length; i++) {
    first = Math.min(first, t[i])
    last = Math.max(last, t[i])
    const pixel = y[i] * width + x[i]
    counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
  }
  const most = (mostHertz * (last - first)) / 1e6
  // A recording of one moment has no rates.
  if (!(last > first)) return events
  return eventsWhere(events, (i) => counts.get(y[i] * width + x[i])! <= most)
}

function checkPositive(what: string, value: number, unit: string): void {
  if (value > 0 && Number.isFinite(value)) return
  throw new UsageError({ what: `${what} out of range`, expected: `above 0 ${unit}`, got: String(value) })
}
