// Small recordings in formats that Spikelet reads and does not write, by their specifications.
import { deflateSync } from 'node:zlib'

const text = (/** @type {string} */ value) => new TextEncoder().encode(value)

/** @param {readonly Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** @param {number} bytes of a word @param {readonly (number | bigint)[]} words */
function words(bytes, words) {
  const view = new DataView(new ArrayBuffer(bytes * words.length))
  words.forEach((word, i) => {
    if (bytes === 2) view.setUint16(2 * i, Number(word), true)
    else if (bytes === 4) view.setUint32(4 * i, Number(word) >>> 0, true)
    else view.setBigUint64(8 * i, BigInt(word), true)
  })
  return new Uint8Array(view.buffer)
}

/** @typedef {{ t: number, x: number, y: number, p: number }} Event */

/** EVT 2.0. @param {readonly Event[]} events in order @param {string} header */
export function evt2(events, header = '% evt 2.0\n% end\n') {
  const found = []
  let high = -1
  for (const { t, x, y, p } of events) {
    const upper = Math.floor(t / 64)
    if (upper !== high) found.push((8 * 2 ** 28 + (upper % 2 ** 28)) >>> 0)
    high = upper
    found.push(p * 2 ** 28 + (t % 64) * 2 ** 22 + x * 2 ** 11 + y)
  }
  // A trigger, and a word of another type: neither is an event of a pixel.
  return joined([text(header), words(4, [...found, 0xa0000001, 0xe0000000])])
}

/** EVT 2.1: events of one time, row and polarity within 32 pixels share a word. @param {readonly Event[]} events */
export function evt21(events, header = '% format EVT21;height=720;width=1280\n% end\n', legacy = false) {
  const found = []
  let high = -1n
  for (let i = 0; i < events.length; ) {
    const { t, x, y, p } = events[i]
    const upper = BigInt(Math.floor(t / 64))
    if (upper !== high) found.push((8n << 60n) | ((upper & 0xfffffffn) << 32n))
    high = upper
    let mask = 0n
    const base = x - (x % 32)
    for (; i < events.length; i++) {
      const next = events[i]
      const same = next.t === t && next.y === y && next.p === p && next.x - (next.x % 32) === base
      const bit = 1n << BigInt(next.x - base)
      if (!same || mask >= bit) break
      mask |= bit
    }
    found.push((BigInt(p) << 60n) | (BigInt(t % 64) << 54n) | (BigInt(base) << 43n) | (BigInt(y) << 32n) | mask)
  }
  const swapped = (/** @type {bigint} */ word) => ((word & 0xffffffffn) << 32n) | (word >> 32n)
  return joined([text(header), words(8, legacy ? found.map(swapped) : found)])
}

/** EVT 3.0: single events, and vectors of twelve and eight pixels. @param {readonly Event[]} events */
export function evt3(events, header = '% evt 3.0\n% format EVT3;height=720;width=1280\n% end\n') {
  const found = []
  let [high, low, row] = [-1, -1, -1]
  for (let i = 0; i < events.length; ) {
    const { t, x, y, p } = events[i]
    const upper = Math.floor(t / 4096) % 4096
    if (upper !== high) found.push(0x8000 | upper)
    if (t % 4096 !== low || upper !== high) found.push(0x6000 | (t % 4096))
    if (y !== row) found.push(y)
    ;[high, low, row] = [upper, t % 4096, y]
    let last = i
    while (last + 1 < events.length) {
      const [a, b] = [events[last], events[last + 1]]
      if (b.t !== t || b.y !== y || b.p !== p || b.x <= a.x || b.x - x >= 20) break
      last++
    }
    if (last === i) found.push(0x2000 | (p << 11) | x)
    else {
      let mask = 0
      for (let k = i; k <= last; k++) mask |= 1 << (events[k].x - x)
      found.push(0x3000 | (p << 11) | x, 0x4000 | (mask & 0xfff), 0x5000 | ((mask >> 12) & 0xff))
    }
    i = last + 1
  }
  // A trigger, and a word of another type.
  return joined([text(header), words(2, [...found, 0xa001, 0xe000])])
}

/** DAT. @param {readonly Event[]} events @param {number} [version] 1: the older layout of ATIS */
export function dat(events, version = 2) {
  const header = `% Data file containing CD events.\n% Version ${version}\n% Date 2026-01-01 00:00:00\n% Height 240\n% Width 304\n`
  const packed = events.flatMap(({ t, x, y, p }) => [
    t % 2 ** 32,
    version < 2 ? x + y * 2 ** 9 + p * 2 ** 17 : x + y * 2 ** 14 + p * 2 ** 28,
  ])
  return joined([text(header), Uint8Array.of(version < 2 ? 0 : 12, 8), words(4, packed)])
}

/** A table of a flatbuffer whose fields lie behind it: numbers as they are, the others by their offset. */
function flatbuffer(
  /** @type {string} */ identifier,
  /** @type {readonly ({ int: number } | { long: bigint } | { vector: Uint8Array, count: number })[]} */ fields,
) {
  const vtable = 8
  const slots = 4 + 2 * fields.length
  const table = vtable + Math.ceil(slots / 8) * 8
  let end = table + 8 + 8 * fields.length
  const offsets = fields.map((_, i) => 8 + 8 * i)
  const places = fields.map((field) => {
    if (!('vector' in field)) return 0
    const at = Math.ceil((end + 4) / 8) * 8 - 4
    end = at + 4 + field.vector.length
    return at
  })
  const bytes = new Uint8Array(Math.ceil(end / 8) * 8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, table, true)
  bytes.set(text(identifier), 4)
  view.setUint16(vtable, slots, true)
  view.setUint16(vtable + 2, 8 + 8 * fields.length, true)
  offsets.forEach((offset, i) => view.setUint16(vtable + 4 + 2 * i, offset, true))
  view.setInt32(table, table - vtable, true)
  fields.forEach((field, i) => {
    const at = table + offsets[i]
    if ('int' in field) view.setInt32(at, field.int, true)
    else if ('long' in field) view.setBigInt64(at, field.long, true)
    else {
      view.setUint32(at, places[i] - at, true)
      view.setUint32(places[i], field.count, true)
      bytes.set(field.vector, places[i] + 4)
    }
  })
  return joined([words(4, [bytes.length]), bytes])
}

/** An LZ4 frame of literals, and of one copy where bytes repeat: what any encoder may write. @param {Uint8Array} bytes */
export function lz4(bytes) {
  const run = bytes.length > 40 ? 16 : 0
  const repeated = run > 0 && bytes.subarray(bytes.length - run).every((byte) => byte === bytes[bytes.length - run - 1])
  const literals = repeated ? bytes.subarray(0, bytes.length - run - 5) : bytes
  const tail = repeated ? bytes.subarray(bytes.length - 5) : new Uint8Array()
  const lengths = (/** @type {number} */ length) => {
    if (length < 15) return []
    const more = []
    for (let left = length - 15; ; left -= 255) {
      more.push(Math.min(255, left))
      if (left < 255) return more
    }
  }
  const token = (/** @type {number} */ length, copied = 0) => (Math.min(15, length) << 4) | copied
  const block = repeated
    ? [
        Uint8Array.of(token(literals.length, run - 4), ...lengths(literals.length)),
        literals,
        Uint8Array.of(1, 0, token(5)),
        tail,
      ]
    : [Uint8Array.of(token(literals.length), ...lengths(literals.length)), literals]
  const packed = joined(block)
  const frame = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82)
  return joined([frame, words(4, [packed.length]), packed, words(4, [0])])
}

/** A Zstandard frame of one block that is stored as it is. @param {Uint8Array} bytes at most 65535 */
export function zstd(bytes) {
  const size = bytes.length < 256 ? [0x20, bytes.length] : [0x60, (bytes.length - 256) & 255, (bytes.length - 256) >> 8]
  const head = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, ...size)
  const block = 1 | (bytes.length << 3)
  return joined([head, Uint8Array.of(block & 255, (block >> 8) & 255, block >> 16), bytes])
}

/** AEDAT 4 with a stream of events and one of something else. @param {readonly Event[]} events */
export function aedat4(events, /** @type {'none' | 'lz4' | 'zstd'} */ compression = 'none') {
  const node = (/** @type {number} */ id, /** @type {string} */ type, more = '') =>
    `<node name="${id}" path="/mainloop/Recorder/outInfo/${id}/"><attr key="typeIdentifier" type="string">${type}</attr>` +
    `<node name="info" path="/mainloop/Recorder/outInfo/${id}/info/">${more}</node></node>`
  const size = '<attr key="sizeX" type="int">320</attr><attr key="sizeY" type="int">240</attr>'
  const info = text(
    `<dv version="2.0"><node name="outInfo" path="/mainloop/Recorder/outInfo/">${node(2, 'IMUS')}${node(3, 'EVTS', size)}</node></dv>`,
  )
  const header = flatbuffer('IOHE', [
    { int: { none: 0, lz4: 1, zstd: 3 }[compression] },
    { long: -1n },
    { vector: info, count: info.length },
  ])
  const half = Math.ceil(events.length / 2)
  const packets = [events.slice(0, half), events.slice(half)].map((part) => {
    const vector = new Uint8Array(16 * part.length)
    const view = new DataView(vector.buffer)
    part.forEach(({ t, x, y, p }, i) => {
      view.setBigInt64(16 * i, BigInt(t), true)
      view.setInt16(16 * i + 8, x, true)
      view.setInt16(16 * i + 10, y, true)
      vector[16 * i + 12] = p
    })
    const plain = flatbuffer('EVTS', [{ vector, count: part.length }])
    const packed = { none: (/** @type {Uint8Array} */ b) => b, lz4, zstd }[compression](plain)
    return joined([words(4, [3, packed.length]), packed])
  })
  const other = joined([words(4, [2, 5]), text('other')])
  return joined([text('#!AER-DAT4.0\r\n'), header, packets[0], other, packets[1]])
}

/** A MATLAB 5 file with one matrix of double. @param {string} name @param {readonly number[]} shape @param {Float64Array} values */
export function mat5(name, shape, values, compressed = true) {
  return matFile([{ name, shape, values }], compressed)
}

/** @param {readonly { name: string, shape: readonly number[], values: Float64Array }[]} arrays @param {boolean} compressed */
function matFile(arrays, compressed) {
  const element = (/** @type {number} */ type, /** @type {Uint8Array} */ data) =>
    joined([words(4, [type, data.length]), data, new Uint8Array((8 - (data.length % 8)) % 8)])
  const elements = arrays.map(({ name, shape, values }) => {
    const array = element(
      14,
      joined([
        element(6, words(4, [6, 0])),
        element(5, words(4, shape)),
        element(1, text(name)),
        element(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
      ]),
    )
    const packed = new Uint8Array(deflateSync(array))
    return compressed ? joined([words(4, [15, packed.length]), packed]) : array
  })
  const header = new Uint8Array(128).fill(32)
  header.set(text('MATLAB 5.0 MAT-file'))
  header.set([0, 1, 73, 77], 124)
  return joined([header, ...elements])
}

/** Events as ASL-DVS has them: a column of each part. @param {readonly Event[]} events */
export function signLanguage(events) {
  const column = (/** @type {string} */ name, /** @type {(event: Event) => number} */ of) => {
    return { name, shape: [events.length, 1], values: Float64Array.from(events, of) }
  }
  const parts = [column('ts', ({ t }) => t), column('x', ({ x }) => x), column('y', ({ y }) => y)]
  return matFile([...parts, column('pol', ({ p }) => p)], true)
}

/** Events as ST-MNIST's matrix has them: 101 rows. @param {readonly Event[]} events on 10x10 pixels */
export function tactile(events) {
  const values = new Float64Array(101 * events.length)
  events.forEach(({ t, x, y, p }, i) => {
    values[101 * i + 10 * y + x] = p ? 1 : -1
    values[101 * i + 100] = t / 1e6
  })
  return mat5('spiketrain', [101, events.length], values)
}

/**
 * HDF5 files of events: datasets of one group and an offset of times (DSEC), and a table (v2e).
 * @param {readonly Event[]} events
 */
export async function hdf5Events(events) {
  const { default: h5wasm } = await import('h5wasm')
  const { FS } = await h5wasm.ready
  const of = (/** @type {(event: Event) => number} */ value) => Uint32Array.from(events, value)
  const write = (/** @type {(file: any) => void} */ fill) => {
    const file = new h5wasm.File('sample.h5', 'w')
    fill(file)
    file.close()
    const bytes = FS.readFile('sample.h5').slice()
    FS.unlink('sample.h5')
    return bytes
  }
  const dsec = write((file) => {
    const group = file.create_group('events')
    group.create_dataset({ name: 't', data: of(({ t }) => t), chunks: [16], compression: 4 })
    group.create_dataset({ name: 'x', data: Uint16Array.from(of(({ x }) => x)) })
    group.create_dataset({ name: 'y', data: Uint16Array.from(of(({ y }) => y)) })
    group.create_dataset({ name: 'p', data: Uint8Array.from(of(({ p }) => p)) })
    file.create_dataset({ name: 't_offset', data: BigInt64Array.of(49_599_300_523n), shape: [1] })
  })
  const table = Uint32Array.from(events.flatMap(({ t, x, y, p }) => [t, x, y, p]))
  const v2e = write((file) => file.create_dataset({ name: 'events', data: table, shape: [events.length, 4] }))
  return [dsec, v2e]
}
