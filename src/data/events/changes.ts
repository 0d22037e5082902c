import { type Random, UsageError } from '../../base/index.ts'
import { type Events, eventsWhere } from '../../formats/index.ts'

/** Mirrors left and right with probability one half. */
export function flipEvents(events: Events, random: Random): Events {
  if (random.uniform() >= 0.5) return events
  return { ...events, x: events.x.map((x) => events.width - 1 - x) }
}

/**
 * Shifts all events by up to `most` pixels each way; what leaves one side comes back on the other.
 * @throws UsageError if `most` is no whole number of 0 or more
 */
export function rollEvents(events: Events, most: number, random: Random): Events {
  if (!Number.isSafeInteger(most) || most < 0) {
    throw new UsageError({ what: 'roll: shift out of range', expected: 'whole pixels, 0 or more', got: String(most) })
  }
  const { width, height } = events
  const right = random.below(2 * most + 1) - most
  const down = random.below(2 * most + 1) - most
  const wrapped = (value: number, size: number) => ((value % size) + size) % size
  return {
    ...events,
    x: events.x.map((x) => wrapped(x + right, width)),
    y: events.y.map((y) => wrapped(y + down, height)),
  }
}

/** Turns all events about the sensor's centre by up to `degrees` either way; those that leave the sensor are gone. */
export function rotateEvents(events: Events, degrees: number, random: Random): Events {
  const angle = ((2 * random.uniform() - 1) * degrees * Math.PI) / 180
  const { width, height, x, y } = events
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2]
  const newX = Int32Array.from(x, (_, i) => Math.round(cx + cos * (x[i] - cx) - sin * (y[i] - cy)))
  const newY = Int32Array.from(x, (_, i) => Math.round(cy + sin * (x[i] - cx) + cos * (y[i] - cy)))
  const inside = (i: number) => newX[i] >= 0 && newX[i] < width && newY[i] >= 0 && newY[i] < height
  return eventsWhere({ ...events, x: Uint16Array.from(newX), y: Uint16Array.from(newY) }, inside)
}

/** Moves every time by a normal deviate of `deviationUs`, to whole microseconds of 0 or more, and sorts by time. */
export function jitterTime(events: Events, deviationUs: number, random: Random): Events {
  const t = events.t.map((time) => Math.max(0, Math.round(time + deviationUs * random.normal())))
  return sortedByTime({ ...events, t })
}

/**
 * Moves every event by a normal deviate of `deviation` pixels in both directions, to whole pixels; those that leave the
 * sensor are gone.
 */
export function jitterPlace(events: Events, deviation: number, random: Random): Events {
  const { width, height } = events
  const moved = (values: Uint16Array) =>
    Int32Array.from(values, (value) => Math.round(value + deviation * random.normal()))
  const [x, y] = [moved(events.x), moved(events.y)]
  const inside = (i: number) => x[i] >= 0 && x[i] < width && y[i] >= 0 && y[i] < height
  return eventsWhere({ ...events, x: Uint16Array.from(x), y: Uint16Array.from(y) }, inside)
}

/**
 * Makes a recording slower or faster: every time becomes factor * t + offsetUs, in whole microseconds.
 * @throws UsageError if the factor is not positive, or a time would be below 0
 */
export function skewTime(events: Events, { factor, offsetUs = 0 }: { factor: number; offsetUs?: number }): Events {
  const t = events.t.map((time) => Math.round(factor * time + offsetUs))
  if (factor > 0 && Number.isFinite(factor) && t.every((time) => time >= 0)) return { ...events, t }
  throw new UsageError({
    what: 'time skew out of range',
    expected: 'a factor above 0, and no time below 0',
    got: `factor ${factor}, offset ${offsetUs} us, earliest time ${t.reduce((a, b) => Math.min(a, b), 0)} us`,
  })
}

/**
 * Leaves out each event with probability `share`.
 * @throws UsageError if the share is not in 0..1
 */
export function dropEvents(events: Events, share: number, random: Random): Events {
  if (!(share >= 0 && share < 1)) {
    throw new UsageError({ what: 'drop: share out of range', expected: '0 to below 1', got: String(share) })
  }
  return eventsWhere(events, () => random.uniform() >= share)
}

/** The same events in the order of their times; those of one time keep theirs. */
export function sortedByTime(events: Events): Events {
  const { t } = events
  if (t.every((time, i) => i === 0 || time >= t[i - 1])) return events
  const order = Array.from(t, (_, i) => i).sort((a, b) => t[a] - t[b] || a - b)
  return {
    ...events,
    t: Float64Array.from(order, (i) => events.t[i]),
    x: Uint16Array.from(order, (i) => events.x[i]),
    y: Uint16Array.from(order, (i) => events.y[i]),
    p: Uint8Array.from(order, (i) => events.p[i]),
  }
}
