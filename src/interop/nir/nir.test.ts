import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Backend, createInterpreter, createWasm } from '../../backends/index.ts'
import { hashedUniform, sizeOf } from '../../base/index.ts'
import { readHdf5Here } from '../../formats/index.ts'
import { modelNamed } from '../../models/index.ts'
import { clif, integrateFire, leakyReadout, lif, plif, relu } from '../../neurons/index.ts'
import {
  AvgPool2d,
  Conv2d,
  type Layer,
  Linear,
  MaxPool2d,
  Network,
  Recurrent,
  Residual,
  Sequential,
  Spiking,
} from '../../nn/index.ts'
import { tensorOf } from '../../tensor/index.ts'
import { type NirGraph, type NirNode, networkFromNir, networkToNir, nirGraph, writeNir } from './index.ts'

const shared = new URL('../../../../shared/data/nir/', import.meta.url)
const dt = 0.001

async function readBack(graph: NirGraph): Promise<NirGraph> {
  return nirGraph(await readHdf5Here(await writeNir(graph), 'a.nir'), 'a.nir')
}

const node = (type: NirNode['type'], fields: Record<string, number | number[] | [number[], number[]]>): NirNode => ({
  type,
  fields: new Map(
    Object.entries(fields).map(([name, value]) => {
      if (typeof value === 'number') return [name, { shape: [], values: Float64Array.of(value) }]
      const [shape, values] = Array.isArray(value[0]) ? (value as [number[], number[]]) : [[value.length], value]
      return [name, { shape, values: Float64Array.from(values as number[]) }]
    }),
  ),
})

/** input - one node - output. */
const around = (shape: number[], middle: NirNode, output = shape): NirGraph => ({
  version: '1',
  nodes: new Map([
    ['in', node('Input', { shape })],
    ['a', middle],
    ['out', node('Output', { shape: output })],
  ]),
  edges: [
    ['in', 'a'],
    ['a', 'out'],
  ],
})

/** Outputs of every step for inputs [T, ...frame], one sample. */
async function run(network: Network, inputs: ArrayLike<number>, T: number, backend: Backend = createInterpreter()) {
  await network.place(backend)
  const x = tensorOf(backend, [T, 1, ...network.input], Float64Array.from(inputs))
  const y = network.forward(x, { backend, tape: null, training: false, T, key: 0 })
  return Array.from(await backend.read(y.handle))
}

const through = async (graph: NirGraph, inputs: number[], step = 1) =>
  run(networkFromNir(graph, { dt: step }).network, inputs, inputs.length)

describe('nodes, as their equations say', () => {
  test('LIF: forward Euler, fires above the threshold, resets to a value', async () => {
    const fields = { tau: [4], r: [2], v_leak: [0.5], v_threshold: [1], v_reset: [-0.25] }
    let v = 0.5
    const expected = [1, 3, 0, 2, 2, 1].map((x) => {
      v += (0.5 / 4) * (0.5 - v + 2 * x)
      const s = v > 1 ? 1 : 0
      v = s ? -0.25 : v
      return s
    })
    expect(await through(around([1], node('LIF', fields)), [1, 3, 0, 2, 2, 1], 0.5)).toEqual(expected)
    expect(expected).toContain(1)
  })

  test('a potential equal to the threshold does not fire: NIR says above', async () => {
    const graph = around([1], node('IF', { r: [1], v_threshold: [1] }))
    expect(await through(graph, [1, 0, 0.25, 1])).toEqual([0, 0, 1, 0])
  })

  test('IF with a resistance of its own, LI, I, Scale, Threshold', async () => {
    expect(await through(around([1], node('IF', { r: [3], v_threshold: [1] })), [1, 1, 1], 0.2)).toEqual([0, 1, 0])
    expect(await through(around([1], node('LI', { tau: [4], r: [1], v_leak: [1] })), [2, 0])).toEqual([1.5, 1.375])
    expect(await through(around([1], node('I', { r: [2] })), [1, 0.5, -1], 0.5)).toEqual([1, 1.5, 0.5])
    expect(await through(around([1], node('Scale', { scale: [-3] })), [1, 2])).toEqual([-3, -6])
    expect(await through(around([1], node('Threshold', { threshold: [0.5] })), [0.5, 0.75])).toEqual([0, 1])
  })

  test('CubaLIF and CubaLI: current first, then potential', async () => {
    const fields = { tau_syn: [2], tau_mem: [4], r: [1], v_leak: [0], w_in: [2] }
    const li = [0.25, 0.3125]
    expect(await through(around([1], node('CubaLI', fields)), [1, 0])).toEqual(li)
    const graph = around([1], node('CubaLIF', { ...fields, v_threshold: [0.3] }))
    expect(await through(graph, [1, 0])).toEqual([0, 1])
    expect(networkFromNir(graph, { dt: 1 }).labels[0].label).toBe('approximate')
  })

  test('Delay holds back whole steps, and says where it rounds', async () => {
    expect(await through(around([1], node('Delay', { delay: [0.2] })), [1, 2, 3, 4], 0.1)).toEqual([0, 0, 1, 2])
    const { labels } = networkFromNir(around([1], node('Delay', { delay: [0.25] })), { dt: 0.1 })
    expect([labels[0].label, labels[0].why]).toEqual(['approximate', expect.stringContaining('rounded to')])
  })

  test('parameters that differ by channel', async () => {
    const two = around([2], node('IF', { r: [1, 2], v_threshold: [1, 3] }))
    const { network } = networkFromNir(two, { dt: 1 })
    expect(await run(network, [2, 2, 1, 1], 2)).toEqual([1, 1, 0, 0])
  })

  test('Affine, Linear, Conv1d, pools and Flatten', async () => {
    const matrix: [number[], number[]] = [
      [1, 2],
      [3, -1],
    ]
    expect(await through2([2], node('Linear', { weight: matrix }), [1, 2], [1])).toEqual([1])
    expect(await through2([2], node('Affine', { weight: matrix, bias: [0.5] }), [1, 2], [1])).toEqual([1.5])
    const kernel: [number[], number[]] = [
      [1, 1, 2],
      [1, 10],
    ]
    const fields = { weight: kernel, stride: 1, padding: 0, dilation: 1, groups: 1, bias: [0] }
    expect(await through2([1, 3], node('Conv1d', fields), [1, 2, 3], [1, 2])).toEqual([21, 32])
    const pool = { kernel_size: [2, 2], stride: [2, 2], padding: [0, 0] }
    expect(await through2([1, 2, 2], node('AvgPool2d', pool), [1, 2, 3, 4], [1, 1, 1])).toEqual([2.5])
    expect(await through2([1, 2, 2], node('SumPool2d', pool), [1, 2, 3, 4], [1, 1, 1])).toEqual([10])
    // [H, W, C] comes in; flattened, NIR counts channels first.
    const flat = around([2, 1, 2], node('Flatten', { start_dim: 0, end_dim: -1 }), [4])
    flat.nodes as Map<string, NirNode>
    const nodes = new Map([
      ...flat.nodes,
      [
        'b',
        node('Linear', {
          weight: [
            [1, 4],
            [1, 10, 100, 1000],
          ],
        }),
      ],
    ])
    const graph = { ...flat, nodes, edges: [['in', 'a'], ['a', 'b'], ['b', 'out']] as [string, string][] } // biome-ignore format: one line
    expect(await run(networkFromNir(graph, { dt: 1 }).network, [1, 3, 2, 4], 1)).toEqual([4321])
  })

  const through2 = async (shape: number[], middle: NirNode, input: number[], output: number[]) =>
    run(networkFromNir(around(shape, middle, output), { dt: 1 }).network, input, 1)
})

describe('rest, resets, names', () => {
  /** Spikes of LIF by the format's equations, the potential starting at rest. */
  const expected = (x: number[], { tau, rest, threshold, reset }: Record<string, number>, step: number) => {
    let v = rest
    return x.map((input) => {
      v += (step / tau) * (rest - v + input)
      const s = v > threshold ? 1 : 0
      if (s) v = reset
      return s
    })
  }

  test('neurons start at rest, the same for all or each at its own', async () => {
    const same = { tau: 0.02, rest: -0.5, threshold: 0.3, reset: -0.5 }
    const fields = {
      tau: [0.02, 0.02],
      r: [1, 1],
      v_leak: [-0.5, -0.5],
      v_threshold: [0.3, 0.3],
      v_reset: [-0.5, -0.5],
    }
    const own = { ...fields, v_leak: [-0.5, 0.25] }
    const T = 24
    const inputs = Array.from({ length: 2 * T }, (_, i) => (i % 2 === 0 ? 1.5 : 1))
    const one = (c: number) => inputs.filter((_, i) => i % 2 === c)
    for (const [given, second] of [
      [fields, same],
      [own, { ...same, rest: 0.25 }],
    ] as const) {
      const { network, labels } = networkFromNir(around([2], node('LIF', given)), { dt: 0.002 })
      const spikes = await run(network, inputs, T)
      expect(spikes.filter((_, i) => i % 2 === 0)).toEqual(expected(one(0), same, 0.002))
      expect(spikes.filter((_, i) => i % 2 === 1)).toEqual(expected(one(1), second, 0.002))
      expect(labels[0].label).toBe('faithful')
    }
    const readout = around([2], node('LI', { tau: [1, 1], r: [1, 1], v_leak: [2, 3] }))
    expect(await run(networkFromNir(readout, { dt: 0.5 }).network, [0, 1], 1)).toEqual([2, 3.5])
  })

  test('a late reset subtracts the threshold of the step before, and comes back', async () => {
    const graph = around([1], node('LIF', { tau: [0.01], r: [10], v_leak: [0], v_threshold: [1], v_reset: [0] }))
    const x = [0.9, 0.6, 0.1, 1.5, 0.2, 0.9, 0.9]
    let [v, s] = [0, 0]
    const late = x.map((input) => {
      v = 0.9 * v + input - s
      s = v > 1 ? 1 : 0
      return s
    })
    const { network, labels } = networkFromNir(graph, { dt: 0.001, reset: 'late' })
    expect(await run(network, x, x.length)).toEqual(late)
    expect(labels[0]).toMatchObject({ label: 'approximate', why: expect.stringContaining('one step later') })
    expect(await run(networkFromNir(graph, { dt: 0.001, reset: 'soft' }).network, x, x.length)).not.toEqual(late)
    const again = networkFromNir(await readBack(networkToNir(network, { dt }).graph), { dt })
    expect(await run(again.network, x, x.length)).toEqual(late)
  })

  test('steps that are too long, and numbers that are none, are told with the node', () => {
    const lif = (tau: number) => around([1], node('LIF', { tau: [tau], r: [1], v_leak: [0], v_threshold: [1] }))
    expect(() => networkFromNir(lif(0.01), { dt: 1 })).toThrow(
      /node "a", LIF: its time constant 0.01 is shorter than half/,
    )
    expect(networkFromNir(lif(0.8), { dt: 1 }).labels[0].why).toMatch(/overshoots/)
    const matrix = node('Affine', { weight: [[2, 1], [1, Number.NaN]], bias: [0, 0] }) // biome-ignore format: one line
    expect(() => networkFromNir(around([1], matrix, [2]), { dt: 1 })).toThrow(
      /"a", Affine: its 'weight' holds NaN, at position 1/,
    )
    const bias = node('Affine', { weight: [[2, 1], [1, 1]], bias: [0, Number.POSITIVE_INFINITY] }) // biome-ignore format: one line
    expect(() => networkFromNir(around([1], bias, [2]), { dt: 1 })).toThrow(/'bias' holds Infinity/)
  })

  test('[1, N] is a list where a matrix reads it, and a channel where a convolution does', async () => {
    const matrix = around([1, 2], node('Linear', { weight: [[1, 2], [3, -1]] }), [1]) // biome-ignore format: one line
    expect(await run(networkFromNir(matrix, { dt: 1 }).network, [1, 2], 1)).toEqual([1])
    const kernel = { weight: [[1, 1, 2], [1, 10]], stride: 1, padding: 0, dilation: 1, groups: 1, bias: [0] } as const // biome-ignore format: one line
    const convolution = around([1, 2], node('Conv1d', kernel as never), [1, 1])
    expect(await run(networkFromNir(convolution, { dt: 1 }).network, [1, 2], 1)).toEqual([21])
  })

  test('names of nodes do not meet those of Spikelet', async () => {
    const one = (scale: number) => node('Linear', { weight: [[1, 1], [scale]] }) // biome-ignore format: one line
    const chain = ['in', 'input', 'a', 'a.neurons', 'output', 'out']
    const nodes = new Map([
      ['in', node('Input', { shape: [1] })],
      ...chain.slice(1, -1).map((name, i): [string, NirNode] => [name, one([2, 3, 5, 7][i])]),
      ['out', node('Output', { shape: [1] })],
    ])
    const edges = chain.slice(1).map((name, i): [string, string] => [chain[i], name])
    const { network } = networkFromNir({ version: '1', nodes, edges }, { dt: 1 })
    expect(await run(network, [1], 1)).toEqual([210])
    const back = networkFromNir(await readBack(networkToNir(network, { dt: 1 }).graph), { dt: 1 })
    expect(await run(back.network, [1], 1)).toEqual([210])
  })

  test('an end of a nested graph with many edges on both sides is summed once', async () => {
    const many = 300
    const nodes = new Map<string, NirNode>([
      ['in', node('Input', { shape: [1] })],
      ['g.input', node('Input', { shape: [1] })],
      ['last', node('Linear', { weight: [[1, 1], [1]] })], // biome-ignore format: one line
      ['out', node('Output', { shape: [1] })],
    ])
    const edges: [string, string][] = [['last', 'out']]
    for (let i = 0; i < many; i++) {
      nodes.set(`a${i}`, node('Linear', { weight: [[1, 1], [1]] })) // biome-ignore format: one line
      nodes.set(`b${i}`, node('Linear', { weight: [[1, 1], [1]] })) // biome-ignore format: one line
      edges.push(['in', `a${i}`], [`a${i}`, 'g.input'], ['g.input', `b${i}`], [`b${i}`, 'last'])
    }
    const { network } = networkFromNir({ version: '1', nodes, edges }, { dt: 1 })
    expect(await run(network, [1], 1)).toEqual([many * many])
  })
})

describe('what cannot be carried over is told by node', () => {
  test('dt is asked for, with the time constants as a help', () => {
    const graph = around([1], node('LI', { tau: [0.02], r: [1], v_leak: [0] }))
    expect(() => networkFromNir(graph, { dt: Number.NaN })).toThrow(/continuous time[\s\S]*time constants are 0\.02/)
  })

  test('neurons that differ within a channel, loops through no neuron, missing numbers', () => {
    const varied = node('IF', { r: [[1, 1, 2], [1, 2]], v_threshold: [[1, 1, 2], [1, 1]] }) // biome-ignore format: one line
    expect(() => networkFromNir(around([1, 1, 2], varied), { dt: 1, file: 'x.nir' })).toThrow(
      /x\.nir[\s\S]*node "a", IF: its 'r' differs/,
    )
    expect(() => networkFromNir(around([1], node('IF', { r: [1] })), { dt: 1 })).toThrow(/no numbers 'v_threshold'/)
    const endless = around([1], node('IF', { r: [1], v_threshold: [1e300] }))
    expect(() => networkFromNir(endless, { dt: 1 })).toThrow(/'v_threshold' holds 1e\+300, at position 0 of 1/)
    const instant = around([1], node('LIF', { tau: [0], r: [1], v_leak: [0], v_threshold: [1] }))
    expect(() => networkFromNir(instant, { dt: 1, file: 'x.nir' })).toThrow(/x\.nir[\s\S]*node "a", LIF/)
    const loop = around([1], node('Scale', { scale: [1] }))
    expect(() => networkFromNir({ ...loop, edges: [...loop.edges, ['a', 'a']] }, { dt: 1 })).toThrow(/loops/)
  })

  test('layers without a node, when written', () => {
    const layers = [new MaxPool2d({ kernelSize: 2 }), new Spiking({ neuron: relu() })]
    const network = new Network({ name: 'n', input: [4, 4, 1], layer: new Sequential(layers) })
    expect(() => networkToNir(network, { dt })).toThrow(
      /2 layers[\s\S]*"0", maxPool2d[\s\S]*"1", spiking: neuron 'relu'/,
    )
  })
})

const hard = { reset: 'hard' } as const

/** Networks that are read back with the same spikes, and whether every layer is faithful. */
const kept: [string, boolean, () => Network][] = [
  ['snn3 with BatchNorm', false, () => modelNamed('snn3')({ input: [16, 16, 2], classes: 3, neuron: lif(hard) })],
  [
    'neurons of all kinds, a residual, a loop, a pool',
    true,
    () =>
      own([
        new Conv2d({ channels: 4, kernelSize: 3, padding: 1 }),
        new Spiking({ neuron: integrateFire({ threshold: 0.7, reset: { hard: -0.3 } }) }),
        new Residual(new Conv2d({ channels: 4, kernelSize: 3, padding: 1, groups: 2, bias: false })),
        new Spiking({ neuron: lif({ tau: 3, threshold: 0.8, decayInput: true, ...hard }) }),
        new AvgPool2d({ kernelSize: 2 }),
        new Linear({ features: 12 }),
        new Recurrent(new Spiking({ neuron: lif({ threshold: 4, ...hard }) }), new Linear({ features: 12 })),
        new Linear({ features: 3 }),
        new Spiking({ neuron: leakyReadout({ tau: 4 }) }),
      ]),
  ],
]

function own(layers: Layer[]): Network {
  return new Network({ name: 'own', input: [8, 8, 2], layer: new Sequential(layers), seed: 3 })
}

/** Parameters off their start, so that BatchNorm does something and neurons fire. */
function filled(network: Network): Network {
  for (const [key, p] of [...network.parameters(), ...network.buffers()].entries()) {
    const u = hashedUniform(p.values.length, key + 1)
    if (p.shape.length === 1) p.set(u.map((x) => Math.fround(p.path.endsWith('var') ? 0.3 + x : x - 0.2)))
    else
      p.set(u.map((x) => Math.fround((2 * x - 0.8) * Math.sqrt(6 / (sizeOf(p.shape) / p.shape[p.shape.length - 1])))))
  }
  return network
}

describe.each([
  ['interpreter', async () => createInterpreter()],
  ['wasm', () => createWasm()],
] as [string, () => Promise<Backend>][])('written and read back, on %s', (_, open) => {
  test.each(kept)('%s gives equal spikes', async (_name, isFaithful, build) => {
    const backend = await open()
    const T = 5
    const network = filled(build())
    const { graph, labels } = networkToNir(network, { dt })
    expect(labels.every(({ label }) => label === 'faithful')).toBe(isFaithful)
    const back = networkFromNir(await readBack(graph), { dt })
    expect(back.labels.filter(({ label }) => label !== 'faithful')).toEqual([])
    const inputs = hashedUniform(T * 2 * sizeOf(network.input), 9).map((x) => Math.floor(3 * x))
    const spikes = (net: Network) => outputs(net, backend, inputs, T)
    const [before, after] = [await spikes(network), await spikes(back.network)]
    expect(before.rates.every((rate) => rate > 0.01 && rate < 0.99)).toBe(true)
    expect(after.spikes).toEqual(before.spikes)
    await backend.close()
  })
})

/** All spikes of all neurons of two samples, in order of computation. */
async function outputs(network: Network, backend: Backend, inputs: ArrayLike<number>, T: number) {
  await network.place(backend)
  const seen: Promise<ArrayLike<number>>[] = []
  const x = tensorOf(backend, [T, 2, ...network.input], inputs)
  network.forward(x, {
    backend,
    tape: null,
    training: false,
    T,
    key: 0,
    observe: (_, output) => {
      if (output.handle.kind === 'spikes') seen.push(backend.read(output.handle))
    },
  })
  const spikes = (await Promise.all(seen)).map((values) => Array.from(values))
  return { spikes, rates: spikes.map((values) => values.reduce((a, b) => a + b, 0) / values.length) }
}

test('a network of one layer alone goes there and back', async () => {
  const network = new Network({ name: 'one', input: [3], layer: new Linear({ features: 2 }) })
  const back = networkFromNir(await readBack(networkToNir(network, { dt }).graph), { dt })
  expect(await run(back.network, [1, 2, 3], 1)).toEqual(await run(network, [1, 2, 3], 1))
})

test('learned decays are written as time constants', async () => {
  const layers = [new Linear({ features: 4 }), new Spiking({ neuron: plif({ reset: 'hard' }) })]
  const network = new Network({ name: 'learned', input: [4], layer: new Sequential(layers), seed: 2 })
  network.parameter('1.w').set([0.7])
  const { graph, labels } = networkToNir(network, { dt })
  expect(labels[1].label).toBe('approximate')
  const back = networkFromNir(await readBack(graph), { dt })
  const inputs = hashedUniform(24, 5).map((u) => 4 * u - 1)
  expect(await run(back.network, inputs, 6)).toEqual(await run(network, inputs, 6))
})

describe('labels of what differs', () => {
  test('soft resets and CLIF are approximate; soft resets come back as they were', async () => {
    const network = own([new Conv2d({ channels: 2, kernelSize: 3 }), new Spiking({ neuron: lif({ threshold: 0.5 }) })])
    const { graph, labels } = networkToNir(network, { dt })
    expect(labels.map(({ label }) => label)).toEqual(['faithful', 'approximate'])
    const back = networkFromNir(await readBack(graph), { dt })
    const inputs = hashedUniform(4 * sizeOf(network.input), 1).map((x) => 2 * x)
    expect(await run(back.network, inputs, 4)).toEqual(await run(network, inputs, 4))
    const other = networkToNir(own([new Linear({ features: 2 }), new Spiking({ neuron: clif() })]), { dt })
    expect(other.labels.at(-1)?.why).toContain('complementary potential')
  })
})

describe.skipIf(!existsSync(shared))('published graphs (needs ../shared/data)', () => {
  const open = async (name: string) => nirGraph(await readHdf5Here(readFileSync(new URL(name, shared)), name), name)

  test('all are read, and every node is labelled', async () => {
    for (const [name, step, faithfulNodes] of [
      ['lif_norse.nir', 1e-4, 2],
      ['cnn_sinabs.nir', 1, 13],
      ['braille_noDelay_bias_zero.nir', 1e-4, 3],
    ] as const) {
      const { labels } = networkFromNir(await open(name), { dt: step })
      expect(labels.filter(({ label }) => label === 'faithful').length, name).toBe(faithfulNodes)
      expect(labels.some(({ label }) => label === 'refused')).toBe(false)
    }
  })
})
