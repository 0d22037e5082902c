import { describe, expect, test } from 'vitest'
import { Random } from '../../base/index.ts'
import { EventList, summariseEvents } from '../../formats/index.ts'
import { dropEvents, flipEvents, jitterTime, rollEvents, rotateEvents, sortedByTime } from './changes.ts'
import { denoise } from './denoise.ts'

function grid(width: number, height: number) {
  const list = new EventList()
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) list.push(10 * (y * width + x), x, y, (x + y) & 1)
  return list.events({ width, height })
}

const events = grid(5, 4)

describe('changes of events', () => {
  test('a flip mirrors columns, half of the time', () => {
    const flipped = Array.from({ length: 200 }, (_, i) => flipEvents(events, new Random(i))).filter(
      (one) => one !== events,
    )
    expect(flipped.length).toBeGreaterThan(60)
    expect(flipped.length).toBeLessThan(140)
    expect([...flipped[0].x.subarray(0, 5)]).toEqual([4, 3, 2, 1, 0])
  })

  test('a roll comes back on the other side: each pixel keeps one event', () => {
    const rolled = rollEvents(events, 3, new Random(5))
    expect(new Set(Array.from(rolled.x, (x, i) => 5 * rolled.y[i] + x)).size).toBe(20)
    expect(rolled.x).not.toEqual(events.x)
  })

  test('a rotation by 90 degrees turns a square; small ones drop corners only', () => {
    const square = grid(3, 3)
    const quarter = { uniform: () => 1 } as Random
    expect([...rotateEvents(square, 90, quarter).x]).toEqual([2, 2, 2, 1, 1, 1, 0, 0, 0])
    const turned = rotateEvents(grid(20, 20), 10, new Random(2))
    expect(turned.t.length).toBeGreaterThan(350)
  })

  test('jitter keeps events in order and above 0', () => {
    const { t, x } = jitterTime(events, 30, new Random(1))
    expect([...t].sort((a, b) => a - b)).toEqual([...t])
    expect(t[0]).toBeGreaterThanOrEqual(0)
    expect([...x].sort()).toEqual([...events.x].sort())
  })

  test('drop leaves the given share', () => {
    const kept = dropEvents(grid(60, 60), 0.25, new Random(1)).t.length
    expect(Math.abs(kept / 3600 - 0.75)).toBeLessThan(0.03)
    expect(() => dropEvents(events, 1, new Random(1))).toThrow(/0 to below 1/)
  })

  test('the same seed, the same change', () => {
    for (const change of [rollEvents, rotateEvents, jitterTime]) {
      expect(change(events, 7, new Random(3))).toEqual(change(events, 7, new Random(3)))
    }
  })
})

test('denoise keeps events with company in space and time', () => {
  const list = new EventList()
  for (const [t, x, y] of [
    [0, 1, 1],
    [5, 2, 2],
    [6, 4, 4],
    [90, 1, 1],
    [95, 1, 1],
  ])
    list.push(t, x, y, 1)
  expect([...denoise(list.events({ width: 5, height: 5 }), 10).t]).toEqual([5, 95])
})

test('sorting is stable; a summary tells order, times and polarities', () => {
  const list = new EventList()
  for (const [t, x] of [
    [5, 0],
    [3, 1],
    [5, 2],
    [3, 3],
  ])
    list.push(t, x, 0, x & 1)
  const unsorted = list.events()
  expect([...sortedByTime(unsorted).x]).toEqual([1, 3, 0, 2])
  expect(summariseEvents(unsorted)).toEqual({
    events: 4,
    width: 4,
    height: 1,
    durationUs: 2,
    firstUs: 3,
    brighter: 2,
    darker: 2,
    ordered: false,
  })
})
