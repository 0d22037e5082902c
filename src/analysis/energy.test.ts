import { describe, expect, test } from 'vitest'
import { defineNeuron, type Neuron } from '../equations/index.ts'
import { recurrent, spikingResnet } from '../models/index.ts'
import { clif, lif, relu } from '../neurons/index.ts'
import { AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, Network, Residual, Sequential, Spiking } from '../nn/index.ts'
import { energy, memoryTotal } from './energy.ts'
import { accessEnergy } from './energy-costs.ts'

const T = 3
const rates = [0.25, 0.5]

/** 6x6x2 image, 3x3 convolution to 4, neurons, 3x3 stride 2 convolution to 5, neurons, linear to 7. */
function network(neuron: Neuron): Network {
  return new Network({
    name: 'small',
    input: [6, 6, 2],
    layer: new Sequential([
      new Conv2d({ channels: 4, kernelSize: 3, padding: 1 }),
      new Spiking({ neuron }),
      new Conv2d({ channels: 5, kernelSize: 3, stride: 2, padding: 1 }),
      new Spiking({ neuron }),
      new Linear({ features: 7 }),
    ]),
  })
}

describe('corrected accounting', () => {
  test('a layer of LIF and its convolution cost what the article’s formulas say', () => {
    const { layers } = energy(network(lif()), { T, rates })
    const [, first, convolution, second] = layers.map(({ memory }) => memory.inference)
    // Lemaire et al.: theta ceil(k / stride)^2 Cout + T Cout Ho Wo + theta_out additions, T Cout Ho Wo multiply-adds.
    const [channels, outputs, k2] = [5, 5 * 3 * 3, 9]
    const theta = T * 6 * 6 * 4 * 0.25
    const thetaOut = T * outputs * 0.5
    const ACC = theta * 4 * channels + T * outputs + thetaOut
    const MAC = T * outputs
    expect(convolution.operations + second.operations).toBeCloseTo(0.1 * ACC + 3.2 * MAC, 9)
    // Every potential is read and written for every weight of a spike, and at every step.
    const potential = accessEnergy(4 * outputs)
    expect(convolution.potentials + second.potentials).toBeCloseTo(
      2 * (theta * channels * k2 + T * outputs) * potential,
      9,
    )
    const weights = accessEnergy(4 * (9 * 4 * channels + channels))
    expect(convolution.parameters).toBeCloseTo((theta * channels * k2 + T * outputs) * weights, 9)
    expect(convolution.addressing).toBeCloseTo(3.2 * 2 * theta + 0.1 * theta * channels * k2, 9)
    expect(convolution.inOut).toBeCloseTo(theta * accessEnergy(4 * 6 * 6 * 4), 9)
    expect(second.inOut).toBeCloseTo(thetaOut * potential, 9)
    expect(first.operations).toBeCloseTo(T * 144 * 3.2 + T * 144 * 0.25 * 0.1, 9)
  })

  test('an image is multiplied once, events at every step', () => {
    const [image] = energy(network(lif()), { T, rates }).layers
    const [events] = energy(network(lif()), { T, rates, sequence: true }).layers
    const products = 6 * 6 * 4 * 9 * 2
    expect(image.synaptic.inference).toEqual({ accumulates: 0, multiplyAccumulates: products, energy: 4.6 * products })
    expect(events.synaptic.inference.multiplyAccumulates).toBe(T * products)
    expect(image.memory.inference.operations).toBeCloseTo(3.2 * products + 0.1 * T * 144, 9)
    expect(events.memory.inference.operations).toBeCloseTo(3.2 * T * products + 0.1 * T * 144, 9)
  })

  test('spikes cost additions, in proportion to their rate', () => {
    const { layers, synaptic } = energy(network(lif()), { T, rates })
    const dense = 5 * 9 * 9 * 4
    expect(layers[2].synaptic.inference.accumulates).toBeCloseTo(T * 0.25 * dense, 9)
    expect(layers[4].synaptic.inference.accumulates).toBeCloseTo(T * 0.5 * 45 * 7, 9)
    expect(synaptic.step?.energy).toBeCloseTo(synaptic.inference.energy / T, 9)
  })

  test('parts of the whole are the sums of the layers', () => {
    const { layers, memory } = energy(network(clif()), { T, rates })
    const sum = layers.reduce((total, layer) => total + memoryTotal(layer.memory.inference), 0)
    expect(memoryTotal(memory.inference)).toBeCloseTo(sum, 6)
  })

  test('shortcuts count: convolutions, and spikes that are added as they are', () => {
    const net = spikingResnet(18, { input: [32, 32, 3], classes: 10, neuron: lif() })
    const { layers } = energy(net, { T, rates: Array(17).fill(0.1) })
    const at = (path: string) => layers.find((layer) => layer.path === path)?.synaptic.inference.accumulates
    expect(at('blocks.0')).toBeCloseTo(T * 0.1 * 64 * 32 * 32, 6)
    expect(at('blocks.2.shortcut')).toBeCloseTo(T * 0.1 * 16 * 16 * 64 * 128, 6)
  })

  test('pools add what is there; behind a maximum pool spikes are as if independent', () => {
    const pooled = (pool: AvgPool2d | MaxPool2d) =>
      new Network({
        name: 'pooled',
        input: [4, 4, 1],
        layer: new Sequential([new Spiking({ neuron: lif() }), pool, new Flatten(), new Linear({ features: 2 })]),
      })
    const average = energy(pooled(new AvgPool2d({ kernelSize: 2 })), { T, rates: [0.5] }).layers
    expect(average[1].synaptic.inference.accumulates).toBe(T * 16 * 0.5)
    expect(average[2].synaptic.inference).toEqual({ accumulates: 0, multiplyAccumulates: T * 8, energy: 4.6 * T * 8 })
    const maximum = energy(pooled(new MaxPool2d({ kernelSize: 2 })), { T, rates: [0.5] }).layers
    expect(maximum[1].synaptic.inference.accumulates).toBeCloseTo(T * 8 * (1 - 0.5 ** 4), 9)
  })

  test('a network without spikes multiplies everywhere; sums of spikes are numbers', () => {
    const dense = energy(network(relu()), { T: 1, rates: [1, 1] })
    expect(dense.layers[2].synaptic.inference).toMatchObject({ accumulates: 0, multiplyAccumulates: 5 * 9 * 9 * 4 })
    const net = new Network({
      name: 'summed',
      input: [3],
      layer: new Sequential([
        new Spiking({ neuron: lif() }),
        new Residual(new Sequential([new Linear({ features: 3 }), new Spiking({ neuron: lif() })])),
        new Linear({ features: 2 }),
      ]),
    })
    const { layers } = energy(net, { T, rates: [0.5, 0.5] })
    expect(layers[layers.length - 1].synaptic.inference).toMatchObject({ accumulates: 0, multiplyAccumulates: T * 6 })
  })
})

test('a neuron of one’s own needs nothing but its equations, in both accountings', () => {
  const mine = defineNeuron({
    name: 'mine',
    equations: 'u = 0.5 * u + 0.1 * w + x; s = spike(u - 1); w = 0.9 * w + s; u = u - s',
  })()
  for (const accounting of ['corrected', 'clif-2024'] as const) {
    const own = energy(network(mine), { T, rates, accounting })
    const plain = energy(network(lif()), { T, rates, accounting })
    const neurons = ({ layers }: typeof own) => layers[1].synaptic.inference.multiplyAccumulates
    expect(neurons(own)).toBe(3 * neurons(plain))
    expect(own.memory.inference.potentials).toBeGreaterThan(plain.memory.inference.potentials)
    expect(own.about).toContain('mine')
  }
})

describe('rates', () => {
  const net = network(lif())

  test('go by order or by path', () => {
    const byPath = energy(net, { T, rates: { '1': 0.25, '3': 0.5 } })
    expect(byPath).toEqual(energy(net, { T, rates }))
    expect(byPath.layers.map(({ rate }) => rate)).toEqual([undefined, 0.25, undefined, 0.5, undefined])
  })

  test('of a recurrent layer go by the name under which they are measured', () => {
    const net = recurrent({ input: [1, 9, 2], classes: 3, neuron: lif(), hidden: [4] })
    expect(energy(net, { T, rates: { 'hidden.2': 0.25 } })).toEqual(energy(net, { T, rates: [0.25] }))
  })

  test('that do not fit are refused', () => {
    expect(() => energy(net, { T, rates: [0.1] })).toThrow(/2, in this order: 1, 3/)
    expect(() => energy(net, { T, rates: { '1': 0.1 } })).toThrow(/none for 3/)
    expect(() => energy(net, { T, rates: { '1': 0.1, '3': 0.1, '4': 0.1 } })).toThrow(/no layer of neurons '4'/)
    expect(() => energy(net, { T, rates: [25, 10] })).toThrow(/Divide by 100/)
    expect(() => energy(net, { T, rates: [0.1, Number.NaN] })).toThrow(/share of neuron-steps/)
    expect(() => energy(net, { T: 0, rates })).toThrow(/T out of range/)
  })
})

test('an access costs by the size of its array', () => {
  expect([0, 4096, 8192, 20480, 32768, 540672, 1048576, 2 ** 30].map(accessEnergy)).toEqual([
    0, 5, 10, 15, 20, 60, 100, 100,
  ])
})
