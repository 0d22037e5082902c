import { describe, expect, test } from 'vitest'
import { defineNeuron } from '../../equations/index.ts'
import { readHdf5Here } from '../../formats/index.ts'
import { leakyReadout, lif } from '../../neurons/index.ts'
import { AvgPool2d, BatchNorm2d, Conv2d, type Layer, Linear, Network, Sequential, Spiking } from '../../nn/index.ts'
import { networkToNir, writeNir } from './index.ts'
import { arrayOf } from './values.ts'

const dt = 0.001
const hard = { reset: 'hard' } as const

function written(input: number[], layers: Layer[], set: { readonly [parameter: string]: readonly number[] } = {}) {
  const network = new Network({ name: 'n', input, layer: new Sequential(layers) })
  for (const [path, values] of Object.entries(set)) network.parameter(path).fromOutside(values)
  const { graph, labels } = networkToNir(network, { dt })
  const numbers = (node: string, field: string) => Array.from(arrayOf(graph.nodes.get(node)!, field).values)
  return { graph, labels, numbers, nodes: [...graph.nodes.keys()] }
}

describe('BatchNorm', () => {
  const norm = { '1_norm.weight': [2, 4], '1_norm.bias': [1, -1], '1_norm.running_mean': [3, 5] }
  const variance = { '1_norm.running_var': [4 - 1e-5, 16 - 1e-5] }

  test('goes into the convolution that it alone reads', () => {
    const layers = [
      new Conv2d({ channels: 2, kernelSize: 1 }),
      new Spiking({ neuron: lif({ decayInput: true, ...hard }), normalisation: 'perStep' }),
    ]
    const given = { '0.weight': [3, 7], '0.bias': [0.5, 1] }
    const { numbers, nodes, labels } = written([4, 4, 1], layers, {
      ...given,
      '1.weight': [2, 4],
      '1.bias': [1, -1],
      '1.running_mean': [3, 5],
      '1.running_var': [4 - 1e-5, 16 - 1e-5],
    })
    expect(nodes).toEqual(['input', '0', '2', 'output'])
    expect(numbers('0', 'weight')).toEqual([3, 7])
    expect(numbers('0', 'bias')).toEqual([0.5 + 1 - 3, 1 - 1 - 5])
    expect(labels[0]).toMatchObject({ label: 'approximate', why: expect.stringContaining('BatchNorm is folded') })
  })

  test('stands as a convolution without groups where others read what it reads', () => {
    const layers = [new AvgPool2d({ kernelSize: 2 }), new BatchNorm2d()]
    const set = Object.fromEntries(
      Object.entries({ ...norm, ...variance }).map(([k, v]) => [k.replace('1_norm', '1'), v]),
    )
    const { numbers, graph } = written([4, 4, 2], layers, set)
    expect(arrayOf(graph.nodes.get('1')!, 'weight').shape).toEqual([2, 2, 1, 1])
    expect(numbers('1', 'weight')).toEqual([1, 0, 0, 1])
    expect(numbers('1', 'groups')).toEqual([1])
  })
})

describe('resistances are 1', () => {
  const matrix = { '0.weight': [1, 2], '0.bias': [4] }

  test('tau goes into the weights in front', () => {
    const { numbers, labels } = written([2], [new Linear({ features: 1 }), new Spiking({ neuron: lif(hard) })], matrix)
    expect([numbers('0', 'weight'), numbers('0', 'bias'), numbers('1', 'r')]).toEqual([[2, 4], [8], [1]])
    expect(labels.map(({ label }) => label)).toEqual(['faithful', 'faithful'])
  })

  test('a tau that rounds is told', () => {
    const layers = [new Linear({ features: 1 }), new Spiking({ neuron: leakyReadout({ tau: 3 }) })]
    const { numbers, labels } = written([2], layers, matrix)
    expect([numbers('0', 'weight'), numbers('1', 'r')]).toEqual([[3, 6], [1]])
    expect(labels[0]).toMatchObject({ label: 'approximate', why: expect.stringContaining('tau') })
  })

  test('the potential counts in units of tau where nothing in front can be multiplied', () => {
    const { numbers } = written([2], [new Spiking({ neuron: lif({ threshold: 3, reset: { hard: 1 } }) })])
    expect([numbers('0', 'r')[0], numbers('0', 'v_reset')[0]]).toEqual([1, 0.5])
    expect(Math.fround(numbers('0', 'v_threshold')[0] + 2 ** -23)).toBe(1.5)
  })
})

test('groups become zeros, kernels are made square, whole numbers take 8 bytes', async () => {
  const layers = [new Conv2d({ channels: 2, kernelSize: [1, 3], padding: [0, 1], groups: 2 })]
  const { graph, numbers } = written([4, 5, 2], layers, { '0.weight': [1, 2, 3, 4, 5, 6] })
  expect(arrayOf(graph.nodes.get('0')!, 'weight').shape).toEqual([2, 2, 3, 3])
  const rows = [0, 0, 0, 1, 2, 3, 0, 0, 0]
  const zeros = new Array(9).fill(0)
  expect(numbers('0', 'weight')).toEqual([...rows, ...zeros, ...zeros, 0, 0, 0, 4, 5, 6, 0, 0, 0])
  expect(numbers('0', 'padding')).toEqual([1, 1])
  const { datasets } = await readHdf5Here(await writeNir(graph), 'a.nir')
  for (const field of ['groups', 'stride', 'padding', 'dilation', 'input_shape']) {
    expect(datasets.get(`node/nodes/0/${field}`)?.numbers).toBeInstanceOf(BigInt64Array)
  }
  expect(datasets.get('node/nodes/0/weight')?.numbers).toBeInstanceOf(Float32Array)
})

describe('own neurons count by their equations', () => {
  const own = (equations: string, more: object = {}) =>
    defineNeuron({ name: 'mine', constants: { tau: 4 }, equations, ...more })()

  test('LIF with a threshold learned for each channel', () => {
    const neuron = own('v = (1 - 1/tau) * v + x / tau\ns = spike(v - theta)\nv = v - s * theta', {
      learnable: { theta: { start: 1, per: 'channel' } },
    })
    const { numbers, graph, labels } = written([2], [new Spiking({ neuron })], { '0.theta': [1, 0.5] })
    expect(numbers('0', 'v_threshold').map((x) => Number(x.toFixed(6)))).toEqual([1, 0.5])
    expect([graph.nodes.get('0')!.metadata, labels[0].label]).toEqual([{ reset: 'subtract' }, 'approximate'])
  })

  test('IF that resets to a value; and what is neither, or differs by step, is refused', () => {
    const { graph, numbers, labels } = written(
      [1],
      [new Spiking({ neuron: own('u = u + x; s = spike(u - 0.5); u = u * (1 - s) - 0.25 * s', { constants: {} }) })],
    )
    expect([graph.nodes.get('0')!.type, numbers('0', 'v_reset'), labels[0].label]).toEqual(['IF', [-0.25], 'faithful'])
    const other = own('u = tanh(u) + x\ns = spike(u - 1)\nu = u * (1 - s)', { constants: {} })
    expect(() => written([1], [new Spiking({ neuron: other })])).toThrow(/neuron 'mine'/)
    const steps = own('u = u + x\ns = spike(u - theta)\nu = u * (1 - s)', {
      constants: {},
      learnable: { theta: { start: 1, per: 'step' } },
    })
    expect(() => written([1], [new Spiking({ neuron: steps, T: 3 })])).toThrow(/differs from step to step/)
  })
})
