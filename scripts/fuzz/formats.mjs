// The formats that fuzz-formats.mjs mutates: whole small files to start from, and the reader to try them on.
// A format more is one entry more. Needs the build.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { encode as encodePng } from 'fast-png'
import { packTar } from 'modern-tar'
import { SpikeletError } from '../../dist/base/index.js'
import { readShard, writeShard } from '../../dist/data/datasets/shard.js'
import * as data from '../../dist/data/index.js'
import * as fileFormats from '../../dist/formats/index.js'
import {
  networkFromNir,
  nirGraph,
  readPytorch,
  readSafetensors,
  writeNir,
  writeSafetensors,
} from '../../dist/interop/index.js'
import { aedat4, dat, evt2, evt3, evt21, hdf5Events, mat5, signLanguage, tactile } from './event-samples.mjs'
import { nirSamples } from './nir-samples.mjs'
import { programs } from './programs.mjs'
import { hdf5Samples, jpegSamples, pickleSamples, torchSamples } from './samples.mjs'
import { structured } from './structured.mjs'

/**
 * Samples whose bytes are changed; or what makes a changed file from a stream of random numbers.
 * @typedef {{
 *   samples?(): Promise<Uint8Array[]> | Uint8Array[],
 *   mutate?(random: import('../../dist/base/index.js').Random): Promise<Uint8Array> | Uint8Array,
 *   read(bytes: Uint8Array, file: string): unknown,
 *   namesFile?: boolean,
 * }} Format
 */

const text = (/** @type {string} */ value) => new TextEncoder().encode(value)
const bytes = (/** @type {number} */ length, scale = 37) => Uint8Array.from({ length }, (_, i) => (i * scale) & 255)

/** A few events with an overflow, as every event format writes them. */
const events = {
  width: 34,
  height: 34,
  t: Float64Array.from({ length: 40 }, (_, i) => i * 9000),
  x: Uint16Array.from({ length: 40 }, (_, i) => (i * 7) % 34),
  y: Uint16Array.from({ length: 40 }, (_, i) => (i * 5) % 34),
  p: Uint8Array.from({ length: 40 }, (_, i) => i & 1),
}

/** The same, one by one. */
const singly = Array.from(events.t, (t, i) => ({ t, x: events.x[i], y: events.y[i], p: events.p[i] }))

function aedat3() {
  const header = text('#!AER-DAT3.1\r\n#Format: RAW\r\n#!END-HEADER\r\n')
  const file = new Uint8Array(header.length + 2 * (28 + 8 * 5))
  file.set(header)
  const view = new DataView(file.buffer)
  for (let packet = 0; packet < 2; packet++) {
    const at = header.length + packet * 68
    view.setUint16(at, 1, true)
    for (const [offset, value] of [
      [4, 8],
      [8, 4],
      [16, 5],
      [20, 5],
      [24, 5],
    ])
      view.setInt32(at + offset, value, true)
    for (let e = 0; e < 5; e++) {
      view.setUint32(at + 28 + 8 * e, ((e * 9) << 17) | ((e * 11) << 2) | ((e & 1) << 1) | 1, true)
      view.setInt32(at + 32 + 8 * e, 1000 * e, true)
    }
  }
  return file
}

function cifar(/** @type {number} */ labels) {
  const file = bytes(2 * (labels + 3072))
  for (const record of [0, 1]) file.fill(record + 1, record * (labels + 3072), record * (labels + 3072) + labels)
  return file
}

/** CIFAR's pickles as Python 2 wrote them: protocol 2, an array of one row. */
function cifarPickle() {
  const short = (/** @type {string} */ value) => [0x55, value.length, ...text(value)]
  const global = (/** @type {string} */ module, /** @type {string} */ name) => [0x63, ...text(`${module}\n${name}\n`)]
  const array = [
    ...global('numpy.core.multiarray', '_reconstruct'),
    ...global('numpy', 'ndarray'),
    ...[0x4b, 0, 0x85],
    ...short('b'),
    0x87,
    0x52,
    ...[0x28, 0x4b, 1, 0x4b, 1, 0x4d, 0, 12, 0x86],
    ...global('numpy', 'dtype'),
    ...short('u1'),
    ...[0x4b, 0, 0x4b, 1, 0x87, 0x52],
    ...[0x28, 0x4b, 3],
    ...short('|'),
    ...[0x4e, 0x4e, 0x4e, 0x4a, 255, 255, 255, 255, 0x4a, 255, 255, 255, 255, 0x4b, 0, 0x74, 0x62],
    ...[0x89, 0x54, 0, 12, 0, 0],
    ...bytes(3072),
    0x74,
    0x62,
  ]
  return Uint8Array.from([
    0x80,
    2,
    0x7d,
    0x28,
    ...short('data'),
    ...array,
    ...short('labels'),
    0x5d,
    0x4b,
    3,
    0x61,
    0x75,
    0x2e,
  ])
}

/** A pickle that would call os.system, were it ever executed. */
const wickedPickle = text("cposix\nsystem\n(S'touch /tmp/spikelet-was-here'\ntR.")

async function tarOf(/** @type {string[]} */ names) {
  return packTar(names.map((name, i) => ({ header: { name, size: 20 + i, type: 'file' }, body: bytes(20 + i) })))
}

/** A zip archive of one member, written field by field, so that names and sizes may lie. */
function zipOf(/** @type {string} */ name, /** @type {Uint8Array} */ contents, claimed = contents.length) {
  const packed = deflateRawSync(contents)
  const crc = fileFormats.crc32(contents)
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50)
  local.writeUInt16LE(8, 8)
  local.writeUInt32LE(crc, 14)
  local.writeUInt32LE(packed.length, 18)
  local.writeUInt32LE(claimed, 22)
  local.writeUInt16LE(name.length, 26)
  const central = Buffer.alloc(46)
  central.writeUInt32LE(0x02014b50)
  central.writeUInt16LE(8, 10)
  central.writeUInt32LE(crc, 16)
  central.writeUInt32LE(packed.length, 20)
  central.writeUInt32LE(claimed, 24)
  central.writeUInt16LE(name.length, 28)
  const start = 30 + name.length + packed.length
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(46 + name.length, 12)
  end.writeUInt32LE(start, 16)
  return new Uint8Array(Buffer.concat([local, text(name), packed, central, text(name), end]))
}

const bomb = () => zipOf('a.npy', new Uint8Array(50_000_000), 100)
const climbing = ['../../out', '/etc/out', 'a/../../out', '..\\out', 'C:/out', 'a/./../../../out', 'a\u0000b']

/** Unpacks into a folder of its own; whatever appears beside it is a fault. */
function unpacking(/** @type {import('../../dist/data/index.js').ArchiveKind} */ kind) {
  return async (/** @type {Uint8Array} */ archive, /** @type {string} */ file) => {
    const outside = await mkdtemp(join(tmpdir(), 'spikelet-fuzz-'))
    let failure
    try {
      await writeFile(join(outside, file), archive)
      await data.unpackArchive(join(outside, file), kind, join(outside, 'within', 'target'), { limitBytes: 2_000_000 })
    } catch (error) {
      failure = error
    }
    const beside = (await readdir(outside)).filter((name) => name !== file && name !== 'within')
    const within = await readdir(join(outside, 'within')).catch(() => [])
    await rm(outside, { recursive: true, force: true })
    const strangers = [...beside, ...within.filter((name) => name !== 'target')]
    if (strangers.length > 0) throw new Error(`written outside of the target: ${strangers}`)
    if (failure) throw failure
  }
}

const hdf5Reader = new fileFormats.Hdf5Reader()

/** A graph as JSON. @param {import('../../dist/interop/index.js').NirGraph} graph */
function graphText({ version, nodes, edges }) {
  const plain = [...nodes].map(([name, { type, fields }]) => [
    name,
    type,
    [...fields].map(([field, value]) => [field, value.shape, [...value.values]]),
  ])
  return JSON.stringify({ version, nodes: plain, edges })
}

/** Numbers under a shape that they fill. @param {number[]} shape @param {Float64Array} values */
function arrayOf(shape, values) {
  return { shape: shape.reduce((a, b) => a * b, 1) === values.length ? shape : [values.length], values }
}

/** What JSON says of a graph, as the HDF5 reader would hand it on: sizes fit, everything else may be wrong. */
function graphOf(/** @type {Uint8Array} */ bytes) {
  try {
    const { version, nodes, edges } = JSON.parse(new TextDecoder().decode(bytes))
    const known = new Map(
      nodes.map(([name, type, fields]) => [
        String(name),
        {
          type,
          fields: new Map(
            fields.map(([field, shape, values]) => [String(field), arrayOf(shape, Float64Array.from(values))]),
          ),
        },
      ]),
    )
    const isWhole = edges.every((edge) => edge.length === 2 && edge.every((end) => known.has(end)))
    return isWhole ? { version: String(version), nodes: known, edges } : undefined
  } catch {
    return undefined
  }
}

/** @type {Record<string, Format>} */
export const formats = {
  idx: { samples: () => [fileFormats.writeIdx([2, 3, 4], bytes(24))], read: (b, f) => fileFormats.readIdx(b, f) },
  'idx.gz': {
    samples: () => [gzipSync(fileFormats.writeIdx([5, 9, 9], bytes(405)))],
    read: (b, f) => fileFormats.readIdx(b, f),
  },
  'cifar10.bin': {
    samples: () => [cifar(1)],
    read: (b, f) => fileFormats.readCifarBinary(b, fileFormats.cifar10Variant, f),
  },
  'cifar100.bin': {
    samples: () => [cifar(2)],
    read: (b, f) => fileFormats.readCifarBinary(b, data.cifar100Variant, f),
  },
  'cifar.pickle': {
    samples: () => [cifarPickle(), wickedPickle, ...pickleSamples()],
    read: (b, f) => fileFormats.readCifarPickle(b, fileFormats.cifar10Variant, f),
  },
  png: {
    samples: () => [
      encodePng({ width: 9, height: 7, data: bytes(189), channels: 3 }),
      encodePng({ width: 9, height: 7, data: bytes(63), channels: 1 }),
      encodePng({ width: 5, height: 5, data: bytes(100), channels: 4 }),
      encodePng({ width: 9, height: 7, data: bytes(189), channels: 3 }, { interlace: 'Adam7' }),
    ],
    read: (b, f) => fileFormats.readPng(b, { file: f, maxPixels: 1_000_000 }),
  },
  jpeg: { samples: jpegSamples, read: (b, f) => fileFormats.readJpeg(b, { file: f, maxPixels: 1_000_000 }) },
  npy: {
    samples: () => [
      fileFormats.writeNpy({ shape: [3, 4], values: Float32Array.from(bytes(12)) }),
      fileFormats.writeNpy({ shape: [6], values: BigInt64Array.from([1n, 2n, 3n, 4n, 5n, 6n]) }),
    ],
    read: (b, f) => fileFormats.readNpy(b, f),
  },
  npz: {
    samples: () => [fileFormats.writeEventNpz(events), bomb()],
    read: (b, f) => fileFormats.readEventNpz(b, { file: f }),
  },
  aedat2: {
    samples: () => [
      fileFormats.writeAedat2(events, 'dvs128'),
      fileFormats.writeAedat2(events, 'davis346'),
      fileFormats.writeAedat2(events, 'davis240'),
    ],
    read: (b, f) => fileFormats.readAedat2(b, { file: f }),
  },
  aedat3: { samples: () => [aedat3()], read: (b, f) => fileFormats.readAedat3(b, { file: f }) },
  aedat4: {
    samples: () => [aedat4(singly), aedat4(singly, 'lz4'), aedat4(singly, 'zstd')],
    read: (b, f) => fileFormats.readEventFile(b, `${f}.aedat4`),
  },
  evt2: { samples: () => [evt2(singly)], read: (b, f) => fileFormats.readEventFile(b, `${f}.raw`) },
  evt21: {
    samples: () => [evt21(singly), evt21(singly, '% format EVT21;endianness=legacy\n% end\n', true)],
    read: (b, f) => fileFormats.readEventFile(b, `${f}.raw`),
  },
  evt3: { samples: () => [evt3(singly)], read: (b, f) => fileFormats.readEventFile(b, `${f}.raw`) },
  dat: { samples: () => [dat(singly), dat(singly, 1)], read: (b, f) => fileFormats.readEventFile(b, `${f}.dat`) },
  mat: {
    samples: () => [
      tactile(singly.map(({ t, x, y, p }) => ({ t, x: x % 10, y: y % 10, p }))),
      mat5('a', [101, 2], new Float64Array(202), false),
      signLanguage(singly),
    ],
    read: (b, f) => fileFormats.readEventFile(b, `${f}.mat`),
  },
  'event.h5': { samples: () => hdf5Events(singly), read: (b, f) => fileFormats.readEventFile(b, `${f}.h5`) },
  'event.bin': {
    samples: () => [fileFormats.writeEventBin(events)],
    read: (b, f) => fileFormats.readEventBin(b, { file: f, size: { width: 34, height: 34 } }),
  },
  'event.csv': {
    samples: () => [fileFormats.writeEventCsv(events)],
    read: (b, f) => fileFormats.readEventCsv(b, { file: f }),
  },
  'gesture.csv': {
    samples: () => [text('class,startTime_usec,endTime_usec\n1,24,50\n5,102865,126562\n')],
    read: (b, f) => data.readGestureLabels(b, f),
  },
  hdf5: { samples: hdf5Samples, read: (b, f) => hdf5Reader.read(b, f, { bytes: 1_000_000, timeMs: 1500 }) },
  zip: {
    samples: () => [zipOf('folder/a.bin', bytes(300)), ...climbing.map((name) => zipOf(name, bytes(40))), bomb()],
    read: unpacking('zip'),
  },
  tar: {
    samples: async () => Promise.all([tarOf(['a/b.txt', 'c.txt']), ...climbing.map((name) => tarOf([name]))]),
    read: unpacking('tar'),
  },
  'tar.gz': {
    samples: async () => [
      gzipSync(await tarOf(['a/b.txt', 'c.txt'])),
      gzipSync(await tarOf(['../out'])),
      gzipSync(new Uint8Array(20_000_000)),
    ],
    read: unpacking('tar.gz'),
  },
  gz: { samples: () => [gzipSync(bytes(500)), gzipSync(new Uint8Array(20_000_000))], read: unpacking('gz') },
  shard: {
    samples: () => [writeShard([bytes(30), bytes(40)], { key: 'k', first: 0, count: 2 })],
    // A shard that is not whole is made again, without a word: it must never be taken for a whole one.
    read: (b) => readShard(b, { key: 'k', first: 0, count: 2 }),
  },
  'packed.zlib': {
    samples: () => [deflateSync(bytes(400))],
    read: (b, f) => fileFormats.inflate(b, { file: f, offset: 0, limit: 4096, zlib: true }),
  },
  safetensors: {
    samples: () => [
      writeSafetensors([
        ['a', { dtype: 'F32', shape: [2, 3], values: Float32Array.from(bytes(6)) }],
        ['b', { dtype: 'U8', shape: [5], values: bytes(5) }],
      ]),
    ],
    read: (b, f) => readSafetensors(b, f),
  },
  pt: { samples: torchSamples, read: (b, f) => readPytorch(b, f) },
  nir: {
    samples: () => Promise.all(nirSamples.map((graph) => writeNir(graph))),
    async read(b, f) {
      const contents = await hdf5Reader.read(b, f, { bytes: 1_000_000, timeMs: 1500 })
      return networkFromNir(nirGraph(contents, f), { dt: 0.001, file: f })
    },
  },
  // The same graphs with their texts and numbers changed, in a file that is whole: what gets past the HDF5 library.
  'nir.graph': {
    samples: () => nirSamples.map((graph) => text(graphText(graph))),
    async read(b, f) {
      const graph = graphOf(b)
      if (!graph) throw new SpikeletError({ what: 'no JSON', place: `${f}, byte 0` })
      return networkFromNir(graph, { dt: 0.001, file: f })
    },
  },
  ...structured,
  ...programs,
}
