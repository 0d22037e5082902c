import { describe, expect, test } from 'vitest'
import { Random } from '../../base/index.ts'
import { EventList, type Events } from '../../formats/index.ts'
import { jitterPlace, skewTime } from './changes.ts'
import { eventDrop } from './event-drop.ts'
import { refractoryEvents, withoutHotPixels } from './filters.ts'
import { integrate } from './integrate.ts'
import { slicesByCount, slicesByTime } from './slices.ts'

function eventsOf(rows: readonly (readonly [t: number, x: number, y: number, p: number])[], size = 8): Events {
  const list = new EventList()
  for (const [t, x, y, p] of rows) list.push(t, x, y, p)
  return list.events({ width: size, height: size })
}

const times = (events: Events) => [...events.t]
const noise = (count: number, size = 40): Events => {
  const random = new Random(9)
  return eventsOf(
    Array.from({ length: count }, (_, i) => [10 * i, random.below(size), random.below(size), random.below(2)] as const),
    size,
  )
}

describe('refractory period', () => {
  test('counts from the last event that was kept, at one pixel, of any polarity', () => {
    const events = eventsOf([
      [0, 1, 1, 0],
      [5, 2, 1, 0],
      [9, 1, 1, 1],
      [10, 1, 1, 0],
      [11, 1, 1, 0],
      [20, 1, 1, 0],
      [22, 1, 1, 0],
    ])
    expect(times(refractoryEvents(events, 10))).toEqual([0, 5, 11, 22])
    expect(() => refractoryEvents(events, 0)).toThrow(/refractory period out of range[\s\S]*above 0 us/)
  })
})

describe('hot pixels', () => {
  test('are those with more events a second, of the whole recording', () => {
    // One second: pixel 3, 3 has 11 events, pixel 4, 4 has 10.
    const rows = [...Array.from({ length: 11 }, (_, i) => [100_000 * i, 3, 3, 0] as const)]
    const calm = [...Array.from({ length: 10 }, (_, i) => [100_000 * i + 1, 4, 4, 1] as const)]
    const events = eventsOf([...rows, ...calm].sort((a, b) => a[0] - b[0]))
    const kept = withoutHotPixels(events, 10)
    expect([kept.t.length, new Set(kept.x)]).toEqual([10, new Set([4])])
    expect(withoutHotPixels(events, 11).t.length).toBe(21)
    expect(withoutHotPixels(eventsOf([[5, 0, 0, 0]]), 1).t.length).toBe(1)
  })
})

describe('changes by chance', () => {
  test('places jitter by the deviation asked for, and leave the sensor only there', () => {
    const many = eventsOf(
      Array.from({ length: 20_000 }, (_, i) => [i, 100, 100, 0] as const),
      200,
    )
    const { x, y } = jitterPlace(many, 3, new Random(1))
    const deviation = (values: Uint16Array) =>
      Math.sqrt(values.reduce((sum, value) => sum + (value - 100) ** 2, 0) / values.length)
    // Rounding to whole pixels adds a variance of a twelfth.
    expect(Math.abs(deviation(x) - Math.sqrt(9 + 1 / 12))).toBeLessThan(0.06)
    expect(Math.abs(deviation(y) - Math.sqrt(9 + 1 / 12))).toBeLessThan(0.06)
    const corner = jitterPlace(
      eventsOf(Array.from({ length: 4000 }, (_, i) => [i, 0, 0, 0] as const)),
      2,
      new Random(1),
    )
    // A normal deviate of 2 rounds to 0 or more with probability .6 in each direction.
    expect(Math.abs(corner.t.length / 4000 - 0.5987 ** 2)).toBeLessThan(0.03)
  })

  test('time is stretched and moved, never below 0', () => {
    const events = eventsOf([
      [0, 0, 0, 0],
      [100, 0, 0, 0],
      [250, 0, 0, 0],
    ])
    expect(times(skewTime(events, { factor: 1.5, offsetUs: 10 }))).toEqual([10, 160, 385])
    expect(() => skewTime(events, { factor: 1, offsetUs: -1 })).toThrow(/time skew out of range/)
    expect(() => skewTime(events, { factor: 0 })).toThrow(/factor 0/)
  })

  test('EventDrop leaves it, drops a time, an area, or events, each a quarter of the time', () => {
    const events = noise(3000)
    const kinds = { whole: 0, time: 0, area: 0, events: 0 }
    for (let seed = 0; seed < 400; seed++) {
      const kept = eventDrop(events, new Random(seed))
      const lost = new Set(events.t)
      for (const t of kept.t) lost.delete(t)
      const gone = events.t.map((t, i) => (lost.has(t) ? i : -1)).filter((i) => i >= 0)
      const inOneRun = gone.length > 0 && gone[gone.length - 1] - gone[0] === gone.length - 1
      const columns = [...gone].map((i) => events.x[i])
      const wide = Math.max(...columns) - Math.min(...columns)
      if (gone.length === 0) kinds.whole++
      else if (inOneRun && gone.length > 1) kinds.time++
      else if (wide <= 10) kinds.area++
      else kinds.events++
    }
    // A rectangle that is all but outside of the sensor may drop nothing, so the first is a little more often.
    for (const count of Object.values(kinds)) expect(Math.abs(count - 100)).toBeLessThan(40)
    expect(eventDrop(events, new Random(3))).toEqual(eventDrop(events, new Random(3)))
  })
})

describe('slices', () => {
  const events = eventsOf(Array.from({ length: 11 }, (_, i) => [100 + 10 * i, i % 8, 0, 0] as const))

  test('by time, from the first event on', () => {
    expect(slicesByTime(events, 40).map(times)).toEqual([
      [100, 110, 120, 130],
      [140, 150, 160, 170],
    ])
    expect(slicesByTime(events, 40, { rest: true }).map(times).at(-1)).toEqual([180, 190, 200])
    expect(slicesByTime(events, 40, { overlap: 20 }).map((one) => one.t[0])).toEqual([100, 120, 140, 160])
    expect(slicesByTime(eventsOf([]), 40)).toEqual([])
  })

  test('by count', () => {
    expect(slicesByCount(events, 4).map(times)).toEqual([
      [100, 110, 120, 130],
      [140, 150, 160, 170],
    ])
    expect(slicesByCount(events, 4, { overlap: 1 }).map((one) => one.t[0])).toEqual([100, 130, 160])
    expect(slicesByCount(events, 20, { rest: true }).map((one) => one.t.length)).toEqual([11])
    expect(slicesByCount(events, 20)).toEqual([])
    expect(() => slicesByCount(events, 4, { overlap: 4 })).toThrow(/length or overlap/)
    expect(() => slicesByCount(events, 1.5)).toThrow(/length 1.5/)
  })
})

describe('time surfaces', () => {
  const events = eventsOf(
    [
      [0, 0, 0, 0],
      [10, 1, 0, 1],
      [15, 0, 0, 0],
      [30, 1, 1, 1],
    ],
    2,
  )

  /** From the definition alone: the last event of each place at or before the end of the frame. */
  function expected(ends: readonly number[], tau: number): number[] {
    return ends.flatMap((end) =>
      [0, 1, 2, 3].flatMap((pixel) =>
        [0, 1].map((p) => {
          const own = [...events.t].filter(
            (t, i) => t <= end && 2 * events.y[i] + events.x[i] === pixel && events.p[i] === p,
          )
          return own.length === 0 ? 0 : Math.exp((own[own.length - 1] - end) / tau)
        }),
      ),
    )
  }

  test.each([
    [{ T: 2, by: 'number' }, [10, 30]],
    [{ T: 2, by: 'time' }, [14.999, 30]],
    [{ T: 3, by: 'window', windowUs: 12 }, [11.999, 23.999, 36]],
  ] as const)('%j', (options, ends) => {
    const { values, shape } = integrate(events, { ...options, values: 'surface', tauUs: 20 })
    expect(shape).toEqual([options.T, 2, 2, 2])
    for (const [i, value] of expected(ends, 20).entries()) expect(Math.abs(values[i] - value)).toBeLessThan(1e-4)
  })

  test('scaled, a new pixel has the latest of the old ones; tau must be told', () => {
    const { values } = integrate(events, { T: 1, values: 'surface', tauUs: 10, size: { width: 1, height: 1 } })
    expect(values[0]).toBeCloseTo(Math.exp(-1.5), 6)
    expect(values[1]).toBeCloseTo(1, 6)
    expect(() => integrate(events, { T: 1, values: 'surface' })).toThrow(/time in which they fade/)
  })

  test('without events all is 0', () => {
    expect([...integrate(eventsOf([], 2), { T: 2, values: 'surface', tauUs: 5 }).values]).toEqual(new Array(16).fill(0))
  })
})
