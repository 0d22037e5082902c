// Mutations that know a format's structure: what comes out is whole on the outside and wrong inside, so that it gets past the
// first checks. Needs the build.
import { deflateRawSync } from 'node:zlib'
import { defineNeuron } from '../../dist/equations/index.js'
import { cifar10Variant, readCifarPickle } from '../../dist/formats/index.js'
import {
  networkFromNir,
  networkToNir,
  readPytorch,
  readSafetensors,
  writeSafetensors,
} from '../../dist/interop/index.js'
import { modelNamed } from '../../dist/models/index.js'
import { lif } from '../../dist/neurons/index.js'
import { Conv2d, Graph, Linear, Network, Recurrent, Residual, Sequential, Spiking } from '../../dist/nn/index.js'
import { checkpointBytes, freshProgress, loadCheckpoint } from '../../dist/train/index.js'
import { nirSamples } from './nir-samples.mjs'

/** @typedef {import('../../dist/base/index.js').Random} Random */

/** @template Item @param {readonly Item[]} items @param {Random} random @returns {Item} */
const pick = (items, random) => items[random.below(items.length)]

const numbers = [0, -1, 1, 0.5, 1e-320, 2 ** 31, 2 ** 53, 1e300, -1e9, 65536, 7]
const texts = [
  '',
  'input',
  '__proto__',
  'constructor',
  'lif',
  'linear',
  'x'.repeat(5000),
  'a.b',
  '\u001b[2J',
  'F32',
  'clif',
]

/** Stands for lists within lists, which only text can hold: JSON.stringify gives up on them. */
const deep = '@deep'

/** JSON as text. @param {unknown} value */
function jsonOf(value) {
  return (JSON.stringify(value) ?? 'null').replaceAll(`"${deep}"`, '['.repeat(8000) + ']'.repeat(8000))
}

/** A value of any kind, as JSON has them. @param {Random} random @returns {unknown} */
function anything(random) {
  return pick(
    [
      () => null,
      () => random.below(2) === 0,
      () => pick(numbers, random),
      () => pick(texts, random),
      () => [],
      () => ({}),
      () => Array.from({ length: 1 + random.below(2000) }, () => pick(numbers, random)),
      () => deep,
    ],
    random,
  )()
}

/** All places of a JSON value: who holds it, and under which name. @param {any} root @returns {[any, string][]} */
function places(root) {
  const found = []
  const waiting = [root]
  while (waiting.length > 0) {
    const held = waiting.pop()
    for (const name of Object.keys(held)) {
      found.push([held, name])
      if (typeof held[name] === 'object' && held[name] !== null) waiting.push(held[name])
    }
  }
  return found
}

/** One to three changes of a JSON value, in place. @param {any} root @param {Random} random */
function changeJson(root, random) {
  for (let times = 1 + random.below(3); times > 0; times--) {
    const all = places(root)
    if (all.length === 0) return
    const [held, name] = pick(all, random)
    const [other, from] = pick(all, random)
    pick(
      [
        () => (held[name] = anything(random)),
        () => delete held[name],
        () => (held[pick(texts, random)] = held[name]),
        () => (held[name] = structuredClone(other[from])),
        () => (held[name] = [held[name]]),
        () => (held[name] = typeof held[name] === 'number' ? -held[name] : typeof held[name]),
        () => Array.isArray(held[name]) && held[name].push(...structuredClone(held[name])),
      ],
      random,
    )()
  }
}

/** A safetensors file from its header's JSON. @param {unknown} header @param {Uint8Array} body */
function withHeader(header, body) {
  const head = new TextEncoder().encode(jsonOf(header))
  const bytes = new Uint8Array(8 + head.length + body.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true)
  bytes.set(head, 8)
  bytes.set(body, 8 + head.length)
  return bytes
}

/** @param {Random} random */
function safetensorsHeader(random) {
  const entry = (dtype, shape, begin, end) => ({ dtype, shape, data_offsets: [begin, end] })
  const header = {
    __metadata__: { format: 'pt' },
    a: entry('F32', [2, 3], 0, 24),
    b: entry('BF16', [4], 24, 32),
    c: entry('BOOL', [2], 32, 34),
    d: entry('F8_E4M3', [2], 34, 36),
    e: entry('I64', [1], 36, 44),
  }
  changeJson(header, random)
  return withHeader(header, new Uint8Array(44))
}

const own = defineNeuron({
  name: 'mine',
  constants: { tau: 2 },
  learnable: { threshold: { start: 1, per: 'channel' } },
  equations: 'u = leak(u, 1/tau) + input(x / tau)\ns = spike(u - threshold)\nreset(u)',
})

/** Networks with every kind of layer that a configuration can hold. */
const networks = [
  () => modelNamed('snn3')({ input: [16, 16, 2], classes: 3, neuron: lif({ tau: 3 }) }),
  () =>
    new Network({
      name: 'own',
      input: [4, 4, 2],
      layer: new Sequential([
        new Conv2d({ channels: 2, kernelSize: 3, padding: 1 }),
        new Residual(new Spiking({ neuron: own({ reset: 'hard' }), normalisation: 'perStep' })),
        new Recurrent(new Spiking({ neuron: lif() }), new Conv2d({ channels: 2, kernelSize: 1 })),
        new Graph([{ name: 'a', layer: new Linear({ features: 3 }), from: ['input'] }], 'a'),
      ]),
    }),
]

/** @type {Promise<{ network: any, tensors: any, metadata: any }[]> | undefined} */
let checkpoints

async function checkpointSamples() {
  const made = await Promise.all(
    networks.map((build) => checkpointBytes(build(), { progress: freshProgress, training: { T: 2 } })),
  )
  return made.map((bytes) => {
    const { tensors, metadata } = readSafetensors(bytes)
    return { tensors, metadata, network: JSON.parse(metadata.network) }
  })
}

/** @param {Random} random */
async function checkpointNetwork(random) {
  checkpoints ??= checkpointSamples()
  const { tensors, metadata, network } = pick(await checkpoints, random)
  const changed = { network: structuredClone(network) }
  changeJson(changed, random)
  return writeSafetensors(tensors, { ...metadata, network: jsonOf(changed.network) })
}

/** Operations of pickles, as PyTorch and Python write them; some with names and sizes of their own. */
const operations = [
  ...'(.012NaebdltlsuR}])'.split('').map((letter) => () => letter),
  ...['\x81', '\x85', '\x86', '\x87', '\x88', '\x89', '\x8f', '\x90', '\x91', '\x92', '\x94'].map((code) => () => code),
  (/** @type {Random} */ random) => `K${String.fromCharCode(random.below(256))}`,
  (/** @type {Random} */ random) => `q${String.fromCharCode(random.below(8))}`,
  (/** @type {Random} */ random) => `h${String.fromCharCode(random.below(8))}`,
  (/** @type {Random} */ random) =>
    `X${String.fromCharCode(7)}\0\0\0${pick(['storage', 'weight1', 'labels1'], random)}`,
  () => 'X\x01\0\0\0' + '0',
  () => 'J\xff\xff\xff\xff',
  () => 'Q',
  (/** @type {Random} */ random) => `c${pick(namesInPickles, random)}\n`,
]

const namesInPickles = [
  'torch._utils\n_rebuild_tensor_v2',
  'torch._utils\n_rebuild_tensor_v3',
  'torch._utils\n_rebuild_parameter',
  'torch._utils\n_rebuild_sparse_tensor',
  'torch\nFloatStorage',
  'torch\nuint16',
  'torch.storage\nUntypedStorage',
  'collections\nOrderedDict',
  'argparse\nNamespace',
  'numpy.core.multiarray\n_reconstruct',
  'numpy\ndtype',
  'builtins\nset',
  'a.b\nc',
]

/** A whole state dict of one tensor, to put other operations into. */
const stateDict = [
  '\x80\x02',
  '}',
  'q\x00',
  'X\x01\0\0\0w',
  'ctorch._utils\n_rebuild_tensor_v2\n',
  '(',
  '(',
  'X\x07\0\0\0storage',
  'ctorch\nFloatStorage\n',
  'X\x01\0\0\x000',
  'X\x03\0\0\0cpu',
  'K\x04',
  't',
  'Q',
  'K\x00',
  'K\x02',
  'K\x02',
  '\x86',
  'K\x02',
  'K\x01',
  '\x86',
  '\x89',
  'ccollections\nOrderedDict\n',
  ')',
  'R',
  't',
  'R',
  's',
  '.',
]

/** @param {Random} random */
function pickleProgram(random) {
  const program = random.below(8) === 0 ? ['\x80\x02', ...doubled(random)] : [...stateDict]
  for (let times = 1 + random.below(4); times > 0; times--) {
    const at = 1 + random.below(program.length)
    const count = random.below(3)
    const fresh = Array.from({ length: random.below(4) }, () => pick(operations, random)(random))
    program.splice(at, count, ...fresh)
  }
  return Uint8Array.from(program.join(''), (letter) => letter.charCodeAt(0))
}

/** A list that holds itself many times over, and stands somewhere. @param {Random} random */
function doubled(random) {
  const lists = Array.from({ length: 30 }, (_, i) => {
    const before = String.fromCharCode(i)
    return `](h${before}h${before}eq${String.fromCharCode(i + 1)}`
  })
  const last = 'h\x1e'
  return [']q\x00', ...lists, '}', '(', ...(random.below(2) === 0 ? [last, 'N'] : ['X\x01\0\0\0w', last]), 'u', '.']
}

/** A zip archive without checksums. @param {[name: string, contents: Uint8Array][]} members */
function archive(members) {
  const parts = []
  const directory = []
  let at = 0
  for (const [name, contents] of members) {
    const packed = deflateRawSync(contents)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50)
    local.writeUInt16LE(8, 8)
    local.writeUInt32LE(packed.length, 18)
    local.writeUInt32LE(contents.length, 22)
    local.writeUInt16LE(name.length, 26)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50)
    central.writeUInt16LE(8, 10)
    central.writeUInt32LE(packed.length, 20)
    central.writeUInt32LE(contents.length, 24)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt32LE(at, 42)
    parts.push(local, Buffer.from(name), packed)
    directory.push(central, Buffer.from(name))
    at += 30 + name.length + packed.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(at, 16)
  return new Uint8Array(Buffer.concat([...parts, listed, end]))
}

/** @param {Random} random */
function torchArchive(random) {
  return archive([
    ['a/data.pkl', pickleProgram(random)],
    ['a/data/0', new Uint8Array(16)],
    ['a/padding', Uint8Array.from({ length: 2000 }, () => random.below(256))],
  ])
}

/** A NIR graph as JSON. @param {Random} random */
function nirTree(random) {
  const { version, nodes, edges } = pick(nirSamples, random)
  const plain = {
    version,
    nodes: [...nodes].map(([name, { type, fields }]) => ({
      name,
      type,
      fields: Object.fromEntries(
        [...fields].map(([field, { shape, values }]) => [field, { shape, values: [...values] }]),
      ),
    })),
    edges: edges.map(([from, to]) => [from, to]),
  }
  changeJson(plain, random)
  if (random.below(4) === 0 && Array.isArray(plain.edges) && plain.edges.length > 0) {
    const edge = pick(plain.edges, random)
    if (!JSON.stringify(edge)?.includes(deep)) for (let i = 0; i < 5000; i++) plain.edges.push(edge)
  }
  return new TextEncoder().encode(jsonOf(plain))
}

/** The graph in such JSON, as the HDF5 reader would hand it on; undefined where no file could say that. */
function graphOf(bytes) {
  try {
    const { version, nodes, edges } = JSON.parse(new TextDecoder().decode(bytes))
    const known = new Map(
      nodes.map(({ name, type, fields }) => [
        String(name),
        {
          type,
          fields: new Map(
            Object.entries(fields).map(([field, { shape, values }]) => {
              const own = Float64Array.from(values)
              const size = shape.reduce((product, axis) => product * axis, 1)
              return [field, { shape: size === own.length ? shape : [own.length], values: own }]
            }),
          ),
        },
      ]),
    )
    const isWhole =
      nodes.every(({ type }) => typeof type === 'string') &&
      edges.every((edge) => edge.length === 2 && edge.every((end) => known.has(end)))
    return isWhole ? { version: String(version), nodes: known, edges } : undefined
  } catch {
    return undefined
  }
}

/** Formats whose mutations know their structure. @type {Record<string, import('./formats.mjs').Format>} */
export const structured = {
  'safetensors.header': { mutate: safetensorsHeader, read: (b, f) => readSafetensors(b, f) },
  'checkpoint.network': { mutate: checkpointNetwork, read: (b, f) => loadCheckpoint(b, { file: f }) },
  'pt.pickle': { mutate: torchArchive, read: (b, f) => readPytorch(b, f) },
  'cifar.program': { mutate: pickleProgram, read: (b, f) => readCifarPickle(b, cifar10Variant, f) },
  'nir.tree': {
    mutate: nirTree,
    read(b, f) {
      const graph = graphOf(b)
      if (!graph) return
      const { network } = networkFromNir(graph, { dt: 0.001, file: f, reset: b.length % 2 === 0 ? 'late' : 'node' })
      try {
        networkToNir(network, { dt: 0.001 })
      } catch (error) {
        // Not every graph that is read can be written; the reason names layers, not the file.
        if (error?.constructor?.name !== 'FormatError') throw error
      }
    },
  },
}
