import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Events } from '../../formats/index.ts'
import { denoise } from './denoise.ts'
import { type FrameOptions, integrate } from './integrate.ts'

/** Events as rows of t, x, y, p. */
function eventsOf(width: number, height: number, rows: readonly (readonly [number, number, number, number])[]): Events {
  return {
    width,
    height,
    t: Float64Array.from(rows, ([t]) => t),
    x: Uint16Array.from(rows, ([, x]) => x),
    y: Uint16Array.from(rows, ([, , y]) => y),
    p: Uint8Array.from(rows, ([, , , p]) => p),
  }
}

/** One pixel, all brighter, at these times. */
const moments = (...times: number[]) =>
  eventsOf(
    1,
    1,
    times.map((t) => [t, 0, 0, 1] as const),
  )
const brighter = ({ values }: { values: Float32Array }) => [...values].filter((_, i) => i % 2 === 1)
const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0)

describe('hand-worked', () => {
  test('by number: N div T each, the last takes the rest', () => {
    expect(brighter(integrate(moments(0, 1, 2, 3, 4, 5, 6), { T: 3 }))).toEqual([2, 2, 3])
    expect(brighter(integrate(moments(0, 1), { T: 3 }))).toEqual([0, 0, 2])
    expect(brighter(integrate(moments(), { T: 3 }))).toEqual([0, 0, 0])
  })

  test('by time: duration div T each, the last runs to the end', () => {
    // From 100 to 110: 10 div 3 = 3 us each: [100, 103), [103, 106), [106, 110].
    expect(brighter(integrate(moments(100, 102, 103, 105, 106, 109, 110), { T: 3, by: 'time' }))).toEqual([2, 2, 3])
    // 2 div 3 = 0: there is no first or second frame.
    expect(brighter(integrate(moments(5, 6, 7), { T: 3, by: 'time' }))).toEqual([0, 0, 3])
    expect(brighter(integrate(moments(110, 100, 102), { T: 2, by: 'time' }))).toEqual([2, 1])
  })

  test('by window: from the first event on; what comes later is left', () => {
    const frames = integrate(moments(50, 59, 60, 69, 70, 85), { T: 2, by: 'window', windowUs: 10 })
    expect([brighter(frames), frames.left]).toEqual([[2, 2], 2])
    expect(brighter(integrate(moments(50), { T: 2, by: 'window', windowUs: 10 }))).toEqual([1, 0])
  })

  test('voxel grid: shared between the two nearest moments', () => {
    // Moments at 0, 50 and 100: 25 lies half way, 60 a fifth of the way from the second to the third.
    const found = brighter(integrate(moments(0, 25, 60, 100), { T: 3, values: 'voxel' }))
    expect(found.map((value) => Math.round(1000 * value) / 1000)).toEqual([1.5, 1.3, 1.2])
  })

  test('binary', () => {
    expect(brighter(integrate(moments(0, 1, 2, 3), { T: 2, values: 'binary' }))).toEqual([1, 1])
  })

  test('places and polarity: [T, H, W, 2]', () => {
    const { values, shape } = integrate(
      eventsOf(3, 2, [
        [0, 2, 1, 0],
        [1, 0, 1, 1],
        [2, 0, 1, 1],
      ]),
      { T: 1 },
    )
    expect(shape).toEqual([1, 2, 3, 2])
    expect([...values]).toEqual([0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 1, 0])
  })

  test('down-scaling by area: 3 pixels over 2', () => {
    const row = eventsOf(3, 1, [
      [0, 0, 0, 1],
      [1, 1, 0, 1],
      [2, 2, 0, 1],
      [3, 1, 0, 1],
    ])
    expect(brighter(integrate(row, { T: 1, size: { width: 2, height: 1 } }))).toEqual([2, 2])
    const corner = integrate(eventsOf(3, 3, [[0, 1, 1, 1]]), { T: 1, size: { width: 2, height: 2 } })
    expect(brighter(corner)).toEqual([0.25, 0.25, 0.25, 0.25])
  })

  test('more than 255 events at a pixel stay what they are', () => {
    const many = moments(...Array.from({ length: 70_000 }, (_, i) => i))
    expect(brighter(integrate(many, { T: 1 }))).toEqual([70_000])
  })
})

const anyEvents = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 0, max: 1 }),
    ),
    { maxLength: 60 },
  )
  .map((rows) => eventsOf(7, 5, rows))

describe('every event is counted once', () => {
  const ways: FrameOptions[] = [
    { T: 4 },
    { T: 4, by: 'time' },
    { T: 4, by: 'window', windowUs: 700 },
    { T: 4, values: 'voxel' },
    { T: 4, by: 'time', size: { width: 3, height: 2 } },
    { T: 4, size: { width: 9, height: 6 } },
  ]
  test.each(ways)('%j', (options) => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const { values, left } = integrate(events, options)
        expect(sum(values) + left).toBeCloseTo(events.t.length, 3)
        const second = options.values === 'voxel' || options.size ? 3 : 6
        if (left === 0)
          expect(values.filter((_, i) => i % 2 === 1).reduce((a, b) => a + b, 0)).toBeCloseTo(
            sum(Float32Array.from(events.p)),
            second,
          )
      }),
      { numRuns: 100 },
    )
  })
})

test('refuses what it cannot do', () => {
  expect(() => integrate(moments(1), { T: 0 })).toThrow(/T 0/)
  expect(() => integrate(moments(1), { T: 2, by: 'window' })).toThrow(/need its length/)
  expect(() => integrate({ ...moments(1), x: Uint16Array.of(4) }, { T: 2 })).toThrow(
    /event 0 lies outside[\s\S]*\(4, 0\)/,
  )
})

test('frames that no memory should hold are refused; scaled ones, and denoising, work on any sensor', () => {
  const events = eventsOf(65535, 65535, [
    [0, 65534, 65534, 1],
    [5, 65533, 65534, 1],
  ])
  expect(() => integrate(events, { T: 4 })).toThrow(/too large[\s\S]*65535x65535/)
  const { values } = integrate(denoise(events, 10), { T: 1, size: { width: 2, height: 2 } })
  expect([...values].reduce((sum, value) => sum + value)).toBeCloseTo(1)
})
