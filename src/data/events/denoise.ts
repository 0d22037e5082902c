import { UsageError } from '../../base/index.ts'
import { type Events, eventsWhere } from '../../formats/index.ts'
import { lastTimes } from './last-times.ts'

/**
 * Leaves out events that are alone: those without another event within `windowUs` before them, at the same pixel or one
 * of its eight neighbours, of any polarity.
 * @throws UsageError if the window is not positive
 * @see Delbruck 2008, on filters of background activity
 */
export function denoise(events: Events, windowUs: number): Events {
  if (!(windowUs > 0)) {
    throw new UsageError({ what: 'denoise: window out of range', expected: 'above 0 us', got: String(windowUs) })
  }
  const { width, height, t, x, y } = events
  const last = lastTimes(width * height)
  return eventsWhere(events, (i) => {
    let company = false
    for (let row = Math.max(0, y[i] - 1); row <= Math.min(height - 1, y[i] + 1) && !company; row++) {
      for (let column = Math.max(0, x[i] - 1); column <= Math.min(width - 1, x[i] + 1); column++) {
        company ||= t[i] - last.get(row * width + column) <= windowUs
      }
    }
    last.set(y[i] * width + x[i], t[i])
    return company
  })
}
