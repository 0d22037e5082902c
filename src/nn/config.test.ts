import { describe, expect, test } from 'vitest'
import { SpikeletError } from '../base/index.ts'
import { lif } from '../neurons/index.ts'
import { networkFromConfig } from './config.ts'
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  Graph,
  Linear,
  MaxPool2d,
  Recurrent,
  Residual,
  Sequential,
  Spiking,
} from './layers/index.ts'
import { Network, type NetworkConfig } from './network.ts'

const network = new Network({
  name: 'all',
  input: [8, 8, 2],
  seed: 3,
  layer: new Sequential([
    new Conv2d({ channels: 4, kernelSize: [3, 3], padding: 1, stride: [1, 1], groups: 2, bias: false }),
    new Spiking({ neuron: lif({ tau: 3 }), normalisation: 'merged' }),
    new Residual(new Conv2d({ channels: 4, kernelSize: 1 })),
    new BatchNorm2d({ statistics: 'perStep' }),
    new MaxPool2d({ kernelSize: 2 }),
    new AvgPool2d({ kernelSize: 2, stride: 2, padding: 0 }),
    new AdaptiveAvgPool2d({ size: 1 }),
    new Dropout({ p: 0.5 }),
    new Flatten(),
    new Recurrent(new Spiking({ neuron: lif() }), new Linear({ features: 4, bias: false })),
    new Graph([{ name: 'a', layer: new Linear({ features: 3 }), from: ['input'] }], 'a'),
  ]),
})

/** The configuration as JSON, with the value at a path exchanged. */
function changed(path: readonly (string | number)[], value: unknown): NetworkConfig {
  const config = JSON.parse(JSON.stringify(network.config))
  const holder = path.slice(0, -1).reduce((at, name) => at[name], config)
  holder[path.at(-1)!] = value
  return config
}

describe('a network out of JSON', () => {
  test('comes back as it was', () => {
    expect(networkFromConfig(JSON.parse(JSON.stringify(network.config))).config).toEqual(network.config)
  })

  test.each([
    [['input'], null, /network\.input\n[\s\S]*expected a list[\s\S]*null/],
    [['input'], [8, 8], /\[height, width, channels\]/],
    [['input', 0], 8.5, /input\[0\][\s\S]*whole number/],
    [['seed'], '3', /network\.seed[\s\S]*a number/],
    [['layer'], null, /network\.layer[\s\S]*an object/],
    [['layer', 'type'], 'sequentail', /Did you mean 'sequential'/],
    [['layer', 'layers'], {}, /layer\.layers[\s\S]*a list/],
    [['layer', 'layers', 0, 'channels'], 1e12, /layers\[0\]\.channels/],
    [['layer', 'layers', 0, 'kernelSize'], [3], /kernelSize[\s\S]*height and width/],
    [['layer', 'layers', 0, 'bias'], 'no', /bias[\s\S]*true or false/],
    [['layer', 'layers', 0, 'strides'], 1, /no such entry, 'strides'[\s\S]*'stride'/],
    [['layer', 'layers', 1, 'neuron'], null, /layers\[1\]\.neuron[\s\S]*an object/],
    [['layer', 'layers', 1, 'neuron', 'options'], undefined, /neuron\.options[\s\S]*nothing/],
    [['layer', 'layers', 1, 'neuron', 'options', 'tau'], [], /options\.tau/],
    [['layer', 'layers', 1, 'neuron', 'neuron'], 'lfi', /layers\[1\]\.neuron[\s\S]*Did you mean 'lif'/],
    [['layer', 'layers', 1, 'normalisation'], 'x', /"perStep", "merged"/],
    [['layer', 'layers', 2, 'body'], 'x', /body[\s\S]*an object/],
    [['layer', 'layers', 7, 'p'], 1, /below 1/],
    [['layer', 'layers', 9, 'neurons', 'type'], 'flatten', /no such entry/],
    [['layer', 'layers', 9, 'feedback'], { type: 'flatten' }, /feedback[\s\S]*linear or conv2d/],
    [['layer', 'layers', 10, 'nodes', 0, 'from'], [1], /from\[0\][\s\S]*a text/],
    [['layer', 'layers', 10, 'output'], 'b', /reads what was not computed/],
    [['layer', 'layers', 10, 'nodes', 0, 'layer', 'features'], -1, /nodes\[0\]\.layer\.features/],
  ] as const)('%j as %j is refused by its place', (path, value, message) => {
    const attempt = () => networkFromConfig(changed(path, value))
    expect(attempt).toThrow(SpikeletError)
    expect(attempt).toThrow(message)
  })

  test('layers without end, in depth or number, are refused', () => {
    const deep = JSON.parse(`${'{"type":"sequential","layers":['.repeat(8000)}${']}'.repeat(8000)}`)
    expect(() => networkFromConfig(changed(['layer'], deep))).toThrow(/nested too deeply/)
    const many = { type: 'sequential', layers: Array.from({ length: 10_001 }, () => ({ type: 'flatten' })) }
    expect(() => networkFromConfig(changed(['layer'], many))).toThrow(/at most 10000 layers/)
  })
})
