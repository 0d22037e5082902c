import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aedat2Layouts, readAedat2, writeAedat2 } from './aedat2.ts'
import { readAedat3 } from './aedat3.ts'
import { readEventBin, writeEventBin } from './event-bin.ts'
import { readEventCsv, writeEventCsv } from './event-csv.ts'
import { readEventFile } from './event-file.ts'
import { type Events, summariseEvents } from './events.ts'
import { readEventNpz, writeEventNpz } from './npz.ts'

const real = new URL('../../../shared/data/', import.meta.url)
const text = (value: string) => new TextEncoder().encode(value)

/** Events within a sensor, times in order. */
const eventsOn = (width: number, height: number) =>
  fc
    .array(
      fc.record({
        wait: fc.integer({ min: 0, max: 3_000_000 }),
        x: fc.integer({ min: 0, max: width - 1 }),
        y: fc.integer({ min: 0, max: height - 1 }),
        p: fc.integer({ min: 0, max: 1 }),
      }),
      { maxLength: 30 },
    )
    .map((rows): Events => {
      let time = 0
      return {
        width,
        height,
        t: Float64Array.from(rows, ({ wait }) => (time += wait)),
        x: Uint16Array.from(rows, ({ x }) => x),
        y: Uint16Array.from(rows, ({ y }) => y),
        p: Uint8Array.from(rows, ({ p }) => p),
      }
    })

describe('.bin', () => {
  test('bits are where N-MNIST has them', () => {
    const bytes = Uint8Array.of(3, 7, 0x80 | 0x12, 0x34, 0x56, 9, 240, 0, 0, 0, 5, 6, 0, 0, 9)
    const { t, x, y, p, width, height } = readEventBin(bytes)
    expect([[...t], [...x], [...y], [...p]]).toEqual([
      [0x123456, 8192 + 9],
      [3, 5],
      [7, 6],
      [1, 0],
    ])
    expect([width, height]).toEqual([6, 8])
  })

  test('round trip, beyond 23 bits of time too', () => {
    fc.assert(
      fc.property(eventsOn(34, 34), (events) => {
        expect(readEventBin(writeEventBin(events), { size: events })).toEqual(events)
      }),
      { numRuns: 50 },
    )
  })

  test('a cut, and a pixel outside of the sensor, are refused', () => {
    expect(() => readEventBin(new Uint8Array(12), { file: 'a.bin' })).toThrow(/within an event[\s\S]*a\.bin, byte 10/)
    const outside = Uint8Array.of(1, 1, 0, 0, 0, 34, 2, 0, 0, 1)
    expect(() => readEventBin(outside, { file: 'a.bin', size: { width: 34, height: 34 } })).toThrow(/a\.bin, byte 5/)
  })

  test('what it cannot hold is not written', () => {
    const events = {
      width: 300,
      height: 300,
      t: Float64Array.of(0),
      x: Uint16Array.of(299),
      y: Uint16Array.of(0),
      p: Uint8Array.of(1),
    }
    expect(() => writeEventBin(events)).toThrow(/event 0 cannot be written/)
  })
})

describe('AEDAT 2', () => {
  test('addresses of CIFAR10-DVS turn as published code turns them', () => {
    const header = text('#!AER-DAT2.0\r\n# comment\r\n')
    const bytes = new Uint8Array([...header, 0, 0, 0x23, 0x45, 0, 0, 1, 2])
    const { t, x, y, p } = readAedat2(bytes, { layout: 'cifar10-dvs' })
    const [rawX, rawY, rawP] = [(0x2345 & 0xfe) >> 1, (0x2345 & 0x7f00) >> 8, 0x2345 & 1]
    expect([t[0], x[0], y[0], p[0]]).toEqual([258, 127 - rawY, 127 - rawX, 1 - rawP])
  })

  test.each(aedat2Layouts)('round trip with layout %s', (layout) => {
    const size = readAedat2(
      writeAedat2(
        { width: 1, height: 1, t: new Float64Array(), x: new Uint16Array(), y: new Uint16Array(), p: new Uint8Array() },
        layout,
      ),
      { layout },
    )
    fc.assert(
      fc.property(eventsOn(size.width, size.height), (events) => {
        expect(readAedat2(writeAedat2(events, layout), { layout })).toEqual(events)
        if (layout !== 'cifar10-dvs') expect(readAedat2(writeAedat2(events, layout))).toEqual(events)
      }),
      { numRuns: 30 },
    )
  })

  // 23 0a, and what else an address may hold that looks like a line of the header.
  test.each([
    [[0x23, 0x0a, 0x38, 0x00]],
    [[0x23, 0x0d, 0x0a, 0x00]],
    [[0x23, 0x09, 0x0a, 0x00]],
    [[0x23, 0x09, 0x09, 0x0a]],
    [[0x23, 0x0a, 0x23, 0x0a]],
  ])('an address that begins as a line of the header does: %j', (address) => {
    const header = text('#!AER-DAT2.0\r\n# AEChip: DAVIS346\r\n')
    const whole = Uint8Array.from([...header, ...address, 0, 0, 0, 9, ...address, 0, 0, 0, 10])
    expect([...readAedat2(whole).t]).toEqual([9, 10])
  })

  test('a line that says so ends the header', () => {
    const bytes = Uint8Array.from([...text('#!AER-DAT2.0\r\n#End Of ASCII Header\r\n'), 0x23, 0x0a, 0, 0, 0, 0, 0, 7])
    expect([...readAedat2(bytes, { layout: 'davis346' }).t]).toEqual([7])
  })

  test("special events of the DVS128 (bit 15) are left out, for CIFAR10-DVS's camera too", () => {
    const bytes = Uint8Array.from([...text('#!AER-DAT2.0\n'), 0, 0, 1, 2, 0, 0, 0, 5, 0, 0, 0x81, 2, 0, 0, 0, 6])
    for (const layout of ['dvs128', 'cifar10-dvs']) expect([...readAedat2(bytes, { layout }).t]).toEqual([5])
  })

  test('times that wrap around go on', () => {
    const bytes = new Uint8Array([
      ...text('#!AER-DAT2.0\n'),
      0,
      0,
      0,
      0,
      0xff,
      0xff,
      0xff,
      0xff,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      1,
    ])
    expect([...readAedat2(bytes, { layout: 'dvs128' }).t]).toEqual([2 ** 32 - 1, 2 ** 32 + 1])
  })

  test('an unknown camera is asked for, a cut is refused', () => {
    const bytes = new Uint8Array([...text('#!AER-DAT2.0\n# AEChip: Odd9000\n'), ...new Uint8Array(16)])
    expect(() => readAedat2(bytes, { file: 'a.aedat' })).toThrow(/a\.aedat[\s\S]*Odd9000[\s\S]*layout/)
    expect(() => readAedat2(bytes, { layout: 'dvs12' })).toThrow(/Did you mean 'dvs128'/)
    expect(() => readAedat2(bytes.slice(0, -1), { file: 'a.aedat', layout: 'dvs128' })).toThrow(/a\.aedat, byte \d+/)
  })
})

/** A packet of AEDAT 3.1: type, overflow, and events of x, y, p, valid and time. */
function packet(type: number, overflow: number, events: readonly (readonly number[])[]): number[] {
  const view = new DataView(new ArrayBuffer(28 + 8 * events.length))
  view.setUint16(0, type, true)
  view.setInt32(4, 8, true)
  view.setInt32(12, overflow, true)
  for (const at of [16, 20, 24]) view.setInt32(at, events.length, true)
  for (const [i, [x, y, p, valid, time]] of events.entries()) {
    view.setUint32(28 + 8 * i, (x << 17) | (y << 2) | (p << 1) | valid, true)
    view.setInt32(32 + 8 * i, time, true)
  }
  return [...new Uint8Array(view.buffer)]
}

describe('AEDAT 3.1', () => {
  const header = [...text('#!AER-DAT3.1\r\n#Format: RAW\r\n#!END-HEADER\r\n')]

  test('polarity packets, valid bits, overflow', () => {
    const bytes = Uint8Array.from([
      ...header,
      ...packet(1, 0, [
        [3, 4, 1, 1, 10],
        [5, 6, 0, 0, 11],
        [7, 8, 0, 1, 12],
      ]),
      ...packet(2, 0, [[1, 1, 1, 1, 13]]),
      ...packet(1, 2, [[127, 126, 1, 1, 14]]),
    ])
    const { events, invalid, otherPackets } = readAedat3(bytes)
    expect([[...events.t], [...events.x], [...events.y], [...events.p]]).toEqual([
      [10, 12, 2 ** 32 + 14],
      [3, 7, 127],
      [4, 8, 126],
      [1, 0, 1],
    ])
    expect([invalid, otherPackets]).toEqual([1, 1])
    expect(readAedat3(bytes, { keepInvalid: true }).events.t.length).toBe(4)
  })

  test.each([
    ['a negative count', 20, -1],
    ['a huge count', 20, 0x7fffffff],
    ['events of another size', 4, 16],
  ])('%s is refused at the packet', (_, offset, value) => {
    const bytes = Uint8Array.from([...header, ...packet(1, 0, [[3, 4, 1, 1, 10]])])
    new DataView(bytes.buffer).setInt32(header.length + offset, value, true)
    expect(() => readAedat3(bytes, { file: 'a.aedat' })).toThrow(new RegExp(`a\\.aedat, byte ${header.length}`))
  })
})

describe('CSV', () => {
  test('any order of named columns, -1 for darker, comments, semicolons', () => {
    const { t, x, y, p } = readEventCsv(text('# made by hand\nx;y;polarity;timestamp\n1;2;-1;30\n\n4;5;1;60'))
    expect([[...t], [...x], [...y], [...p]]).toEqual([
      [30, 60],
      [1, 4],
      [2, 5],
      [0, 1],
    ])
  })

  test('round trip', () => {
    fc.assert(
      fc.property(eventsOn(20, 9), (events) => {
        expect(readEventCsv(writeEventCsv(events), { size: events })).toEqual(events)
      }),
      { numRuns: 20 },
    )
  })

  test.each([
    ['a byte order mark', Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), text('y,x,t,p\r\n3,2,1,0\r\n')])],
    ['UTF-16', Buffer.from('\ufeffy,x,t,p\r\n3,2,1,0\r\n', 'utf16le')],
    ['quotes', text('"y","x","t","p"\n"3","2","1","0"\n')],
  ])('%s', (_, bytes) => {
    const { t, x, y, p } = readEventCsv(bytes)
    expect([t[0], x[0], y[0], p[0], t.length]).toEqual([1, 2, 3, 0, 1])
  })

  test.each(['1,2,3', '1,2,3,4', '1.5,2,3,1', '-1,-2,3,1', 'a,b,c,d'])('%s is no event', (line) => {
    expect(() => readEventCsv(text(`1,1,1,1\n${line}\n`), { file: 'a.csv' })).toThrow(/line 2[\s\S]*a\.csv, byte 8/)
  })
})

test('NPZ round trip', async () => {
  await fc.assert(
    fc.asyncProperty(eventsOn(40, 30), async (events) => {
      expect(await readEventNpz(writeEventNpz(events), { size: events })).toEqual(events)
    }),
    { numRuns: 20 },
  )
})

describe.skipIf(!existsSync(real))('real event files (need ../shared/data)', () => {
  const read = (name: string) => readEventFile(new Uint8Array(readFileSync(new URL(name, real))), name)

  test('N-MNIST sample', async () => {
    const { ordered, ...summary } = summariseEvents(await read('event-formats/sample_nmnist.bin'))
    expect(ordered).toBe(true)
    expect(summary).toMatchObject({ events: 4325, width: 34, height: 34, brighter: 2145, darker: 2180 })
  })

  test('a file of only a header holds no events', async () => {
    expect(summariseEvents(await read('event-formats/sample_aedat_header.aedat'))).toMatchObject({
      events: 0,
      width: 346,
    })
  })

  test('synthetic AEDAT 3.1: all packets are walked; no event has its valid bit', () => {
    for (const [name, count] of [
      ['aedat1_for_testing', 12],
      ['aedat2_led', 18],
      ['aedat3_fluorescent', 5],
    ] as const) {
      const bytes = new Uint8Array(
        readFileSync(new URL(`event-formats/dvs-gesture-aedat-synthetic/${name}.aedat`, real)),
      )
      const { events, invalid } = readAedat3(bytes)
      expect([name, events.t.length, invalid]).toEqual([name, 0, count])
      expect(readAedat3(bytes, { keepInvalid: true }).events.t.length).toBe(count)
    }
  })
})
