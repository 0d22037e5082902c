import type { Random } from '../../base/index.ts'
import { type Events, eventsWhere } from '../../formats/index.ts'
import { dropEvents } from './changes.ts'

/**
 * EventDrop: by chance one of four. The recording as it is; without 10 to 90 % of its time, from a random moment on;
 * without a rectangle of 5 to 25 % of width and height, from a random corner on; or without 10 to 90 % of its events.
 * @see Gu et al. 2021, EventDrop: data augmentation for event-based learning
 */
export function eventDrop(events: Events, random: Random): Events {
  const tenths = () => (1 + random.below(9)) / 10
  const way = random.below(4)
  if (way === 1) return dropTime(events, tenths(), random)
  if (way === 2) return dropArea(events, (1 + random.below(5)) / 20, random)
  return way === 3 ? dropEvents(events, tenths(), random) : events
}

function dropTime(events: Events, share: number, random: Random): Events {
  const { t } = events
  const [first, last] = [t.reduce((a, b) => Math.min(a, b), t[0]), t.reduce((a, b) => Math.max(a, b), t[0])]
  const start = first + random.uniform() * (last - first)
  const end = start + share * (last - first)
  return eventsWhere(events, (i) => t[i] < start || t[i] > end)
}

function dropArea(events: Events, share: number, random: Random): Events {
  const { width, height, x, y } = events
  const [left, top] = [random.uniform() * width, random.uniform() * height]
  const [right, bottom] = [left + share * width, top + share * height]
  return eventsWhere(events, (i) => x[i] < left || x[i] > right || y[i] < top || y[i] > bottom)
}
