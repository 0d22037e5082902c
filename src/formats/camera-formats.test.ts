import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  aedat4,
  dat,
  evt2,
  evt3,
  evt21,
  lz4,
  mat5,
  type SampleEvent,
  signLanguage,
  tactile,
  zstd,
} from '../../scripts/fuzz/event-samples.mjs'
import { isAedat4, readAedat4 } from './aedat4.ts'
import { readEventFile, tellsSensor } from './event-file.ts'
import { eventsPlace } from './event-hdf5.ts'
import { readEventMat } from './event-mat.ts'
import { type Events, summariseEvents } from './events.ts'
import { unpackLz4 } from './lz4.ts'
import { readMat5 } from './matlab.ts'
import { isPropheseeDat, readPropheseeDat } from './prophesee-dat.ts'
import { readPropheseeRaw } from './prophesee-raw.ts'

/** Events in order of time, some at one time in one row: what vectors are made for. */
const eventsOn = (width: number, height: number, steps: number) =>
  fc
    .array(
      fc.record({
        t: fc.integer({ min: 0, max: steps }),
        x: fc.integer({ min: 0, max: width - 1 }),
        y: fc.integer({ min: 0, max: height - 1 }),
        p: fc.integer({ min: 0, max: 1 }),
      }),
      { maxLength: 60 },
    )
    .map((events) => [...events].sort((a, b) => a.t - b.t || a.y - b.y || a.p - b.p || a.x - b.x))

const listOf = ({ t, x, y, p }: Events): SampleEvent[] =>
  Array.from(t, (time, i) => ({ t: time, x: x[i], y: y[i], p: p[i] }))

/** Two events of one pixel at one time are one in a vector. */
const distinct = (events: readonly SampleEvent[]) =>
  events.filter((one, i) => i === 0 || JSON.stringify(one) !== JSON.stringify(events[i - 1]))

const sensor = { width: 1280, height: 720 }

describe.each([
  ['EVT 2.0', (events: readonly SampleEvent[]) => evt2(events)],
  ['EVT 2.1', (events: readonly SampleEvent[]) => evt21(distinct(events))],
  [
    'EVT 2.1, legacy',
    (events: readonly SampleEvent[]) => evt21(distinct(events), '% format EVT21;endianness=legacy\n% end\n', true),
  ],
  ['EVT 3.0', (events: readonly SampleEvent[]) => evt3(distinct(events))],
] as const)('%s', (name, write) => {
  test('gives the events that were written', () => {
    fc.assert(
      fc.property(eventsOn(sensor.width, sensor.height, 200_000), (events) => {
        const expected = name === 'EVT 2.0' ? events : distinct(events)
        expect(listOf(readPropheseeRaw(write(events)))).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  test('its times go on where they wrap around', () => {
    const range = name === 'EVT 3.0' ? 2 ** 24 : 2 ** 34
    const events = [0, 1, 2.2, 3.4].map((times) => ({ t: Math.floor(range * times) + 5, x: 7, y: 9, p: 1 }))
    // Written as the camera does: each time modulo the range; between two, at least one more in each turn.
    const turning = events.flatMap(({ t }) => [t, t + range * 0.4, t + range * 0.8].map((time) => Math.floor(time)))
    const sorted = [...new Set(turning)].sort((a, b) => a - b).map((t) => ({ t, x: 7, y: 9, p: 1 }))
    const [first] = sorted
    const found = listOf(readPropheseeRaw(write(sorted)))
    const steps = found.map(({ t }) => t - found[0].t)
    expect(steps.slice(0, 3)).toEqual(sorted.slice(0, 3).map(({ t }) => t - first.t))
    expect(steps.every((step, i) => i === 0 || step >= steps[i - 1])).toBe(true)
  })

  test('ends within no word, and on the sensor', () => {
    const bytes = write([{ t: 10, x: 5, y: 6, p: 1 }])
    expect(() => readPropheseeRaw(bytes.subarray(0, bytes.length - 1), { file: 'a.raw' })).toThrow(
      /ends within a word[\s\S]*a\.raw, byte \d+/,
    )
    expect(() => readPropheseeRaw(bytes, { file: 'a.raw', size: { width: 5, height: 9 } })).toThrow(
      /outside of the sensor[\s\S]*\(5, 6\)/,
    )
  })
})

test('RAW files of all cameras are known by their headers', async () => {
  const event = { t: 100, x: 3, y: 4, p: 1 }
  const headers = [
    '% date 2023-01-01 10:00:00\n% evt 3.0\n% format EVT3;height=720;width=1280\n% geometry 1280x720\n% integrator_name Prophesee\n% end\n',
    '% camera_integrator_name Prophesee\n% evt 3.0\n% generation 4.2\n% sensor_generation 4.2\n',
    '% Date 2020-02-02 10:00:00\n% integrator_name Prophesee\n% evt 3.0\n% system_ID 39\n% subsystem_ID 0\n% geometry 640x480\n',
  ]
  for (const header of headers) {
    const events = await readEventFile(evt3([event], header), 'recording.raw')
    expect(listOf(events)).toEqual([event])
  }
  expect(tellsSensor(evt3([event], headers[0]))).toBe(true)
  expect(tellsSensor(evt3([event], headers[1]))).toBe(false)
  const second = await readEventFile(evt2([event], '% evt 2.0\n% geometry 640x480\n'), 'recording.raw')
  expect([second.width, second.height]).toEqual([640, 480])
  const other = new TextEncoder().encode('% evt 4.0\n% end\n')
  await expect(readEventFile(other, 'a.raw')).rejects.toThrow(/an encoding that is not read[\s\S]*evt 4\.0/)
})

test('events before the first upper half of a time are left out', () => {
  const whole = evt3([{ t: 5000, x: 3, y: 4, p: 1 }], '% evt 3.0\n% end\n')
  const start = '% evt 3.0\n% end\n'.length
  const early = new Uint8Array(whole.length + 2)
  early.set(whole.subarray(0, start))
  early.set([0x07, 0x20], start)
  early.set(whole.subarray(start), start + 2)
  expect(listOf(readPropheseeRaw(early))).toEqual([{ t: 5000, x: 3, y: 4, p: 1 }])
})

describe('Prophesee DAT', () => {
  test.each([1, 2])('version %i gives the events that were written', (version) => {
    fc.assert(
      fc.property(eventsOn(304, 240, 1_000_000), (events) => {
        expect(listOf(readPropheseeDat(dat(events, version)))).toEqual(events)
      }),
      { numRuns: 40 },
    )
  })

  test('its sensor is that of the header, and its times go on', () => {
    const events = [5, 2 ** 32 - 7, 2 ** 32 + 9].map((t) => ({ t, x: 1, y: 2, p: 0 }))
    const found = readPropheseeDat(dat(events))
    expect(listOf(found)).toEqual(events)
    expect([found.width, found.height]).toEqual([304, 240])
  })

  test('records that are no events of pixels are refused', () => {
    const bytes = dat([])
    bytes[bytes.length - 2] = 14
    expect(() => readPropheseeDat(bytes, { file: 'a.dat' })).toThrow(/type 0 or 12[\s\S]*type 14/)
    expect(isPropheseeDat(bytes, 'a.dat')).toBe(true)
    expect(() => readPropheseeDat(dat([{ t: 1, x: 1, y: 1, p: 1 }]).subarray(0, -3))).toThrow('ends within an event')
  })
})

describe('AEDAT 4', () => {
  test.each(['none', 'lz4', 'zstd'] as const)('compressed by %s gives the events that were written', (compression) => {
    fc.assert(
      fc.property(eventsOn(320, 240, 1e9), (events) => {
        const found = readAedat4(aedat4(events, compression))
        expect(listOf(found)).toEqual(events)
        expect([found.width, found.height]).toEqual([320, 240])
      }),
      { numRuns: 30 },
    )
  })

  test('a file without a stream of events, a damaged one, and one that ends early are refused', () => {
    const bytes = aedat4([{ t: 1, x: 2, y: 3, p: 1 }])
    expect(isAedat4(bytes)).toBe(true)
    const text = Buffer.from(bytes).toString('latin1')
    const without = Uint8Array.from(text.replace('EVTS</attr>', 'EVTX</attr>'), (letter) => letter.charCodeAt(0))
    expect(() => readAedat4(without)).toThrow('no stream of events')
    expect(() => readAedat4(bytes.subarray(0, bytes.length - 4), { file: 'a.aedat4' })).toThrow(/a\.aedat4, byte \d+/)
    expect(() => readAedat4(bytes.subarray(0, 40), { file: 'a.aedat4' })).toThrow(/a\.aedat4/)
  })

  test('LZ4 gives back what was packed, copies that overlap themselves too, and not more than it may', () => {
    const repeated = Uint8Array.from({ length: 300 }, (_, i) => (i < 250 ? i : 7))
    for (const bytes of [new Uint8Array(), Uint8Array.of(1, 2, 3), repeated, new Uint8Array(1000).fill(9)]) {
      expect([...unpackLz4(lz4(bytes), 2000, 'a')]).toEqual([...bytes])
    }
    expect(() => unpackLz4(lz4(repeated), 200, 'a')).toThrow('larger than it may be')
    expect(zstd(repeated).length).toBeGreaterThan(300)
  })
})

describe('MATLAB 5', () => {
  test.each([true, false])('a matrix comes as it lies, compressed: %s', (compressed) => {
    const values = Float64Array.of(1, 2.5, -3, 4, 5, 6)
    const found = readMat5(mat5('a matrix', [2, 3], values, compressed))
    expect([...found]).toEqual([['a matrix', { shape: [2, 3], values }]])
  })

  test('events are a column each, with their time in the last row', () => {
    const events = [
      { t: 196626, x: 3, y: 0, p: 1 },
      { t: 196640, x: 9, y: 9, p: 0 },
    ]
    const found = readEventMat(tactile(events))
    expect(listOf(found)).toEqual(events)
    expect([found.width, found.height]).toEqual([10, 10])
  })

  test('events in four arrays, as ASL-DVS has them', () => {
    const events = [
      { t: 5, x: 3, y: 0, p: 1 },
      { t: 9, x: 239, y: 179, p: 0 },
    ]
    const found = readEventMat(signLanguage(events))
    expect(listOf(found)).toEqual(events)
    expect([found.width, found.height]).toEqual([240, 180])
    expect(() => readEventMat(signLanguage(events), { size: { width: 239, height: 180 } })).toThrow(
      /x below 239[\s\S]*event 1: t 9, x 239/,
    )
  })

  test('another matrix, and two of them, are refused by their shapes', async () => {
    const wrong = mat5('image', [28, 28], new Float64Array(784))
    await expect(readEventFile(wrong, 'a.mat')).rejects.toThrow(/holds no events[\s\S]*28 x 28/)
    const newer = new TextEncoder().encode('MATLAB 7.3 MAT-file')
    await expect(readEventFile(newer, 'a.mat')).rejects.toThrow(/-v7/)
  })
})

test('events in HDF5 are found as DSEC and v2e keep them', () => {
  const at = (...paths: readonly string[]) => paths.map((path) => ({ path, shape: [7] }))
  expect(eventsPlace(at('events/p', 'events/t', 'events/x', 'events/y', 'ms_to_idx', 't_offset'))).toEqual({
    kind: 'columns',
    paths: { t: 'events/t', x: 'events/x', y: 'events/y', p: 'events/p' },
    offset: 't_offset',
  })
  expect(eventsPlace(at('t', 'x', 'y', 'p'))).toMatchObject({ offset: undefined })
  expect(eventsPlace([{ path: 'events', shape: [9, 4] }])).toEqual({ kind: 'table', path: 'events' })
  expect(eventsPlace(at('events', 'start', 'labels/t'))).toBeUndefined()
})

const shared = new URL('../../../shared/data/event-formats/', import.meta.url)

describe.skipIf(!existsSync(shared))('real files (need ../shared/data)', () => {
  const read = (name: string) => readEventFile(new Uint8Array(readFileSync(new URL(name, shared))), name)

  test('AEDAT 4 of a DVXplorer: as many events as its own table of packets counts', async () => {
    expect(summariseEvents(await read('sample.aedat4'))).toMatchObject({
      ...{ events: 111_954, width: 320, height: 240, brighter: 55_023, ordered: true },
      ...{ firstUs: 1605537493718345, durationUs: 589_917 },
    })
  })

  test('ST-MNIST: an event for each column', async () => {
    expect(summariseEvents(await read('sample_stmnist.mat'))).toMatchObject({
      ...{ events: 2346, width: 10, height: 10, brighter: 1601, darker: 745 },
      ...{ firstUs: 196_626, ordered: true },
    })
  })
})
