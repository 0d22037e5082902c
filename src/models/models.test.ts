import { describe, expect, test } from 'vitest'
import { ShapeError, UsageError } from '../base/index.ts'
import { clif, lif, plif } from '../neurons/index.ts'
import { modelFromConfig, modelNamed, models, snn3, snn5, spikingResnet, spikingVgg, vggsnn } from './index.ts'

const image = { input: [32, 32, 3], classes: 10, neuron: clif() }

/** The paper prints millions; the exact counts of the residual networks follow from their definition. */
const counts: { readonly [name: string]: readonly [number, () => { parameters: number }] } = {
  snn5: [1.645, () => snn5(image).summary({ T: 1, batch: 1 })],
  resnet18: [11.177, () => spikingResnet(18, image).summary({ T: 1, batch: 1 })],
  resnet20: [0.273, () => spikingResnet(20, image).summary({ T: 1, batch: 1 })],
  resnet56: [0.858, () => spikingResnet(56, image).summary({ T: 1, batch: 1 })],
  'vgg11 on two channels': [9.476, () => spikingVgg(11, { ...image, input: [48, 48, 2] }).summary({ T: 1, batch: 1 })],
  'vgg13 of 200 classes': [14.429, () => spikingVgg(13, { ...image, classes: 200 }).summary({ T: 1, batch: 1 })],
  vggsnn: [9.271, () => vggsnn({ ...image, input: [48, 48, 2] }).summary({ T: 1, batch: 1 })],
}

describe('models', () => {
  for (const [name, [millions, summary]] of Object.entries(counts))
    test(`${name} has ${millions} M parameters`, () => {
      expect((summary().parameters / 1e6).toFixed(3)).toBe(millions.toFixed(3))
    })

  test('snn3: three strided convolutions and a linear layer', () => {
    const net = snn3({ input: [34, 34, 2], classes: 10, neuron: lif() })
    const convolutions = 2 * 9 * 16 + 16 + 16 * 9 * 32 + 32 + 32 * 9 * 64 + 64
    expect(net.summary({ T: 1, batch: 1 }).parameters).toBe(convolutions + 2 * (16 + 32 + 64) + 10 * (25 * 64 + 1))
    expect(modelFromConfig(net.config).output).toEqual([10])
  })

  test('names and shapes of parameters are those of PyTorch', () => {
    const parameters = spikingResnet(18, { ...image, neuron: plif() }).parameters()
    const outside = new Map(parameters.map((p) => [p.path, p.outsideShape]))
    expect(outside.get('stem.weight')).toEqual([64, 3, 3, 3])
    expect(outside.get('blocks.2.shortcut.weight')).toEqual([128, 64, 1, 1])
    expect(outside.get('blocks.2.shortcut.bias')).toEqual([128])
    expect(outside.get('blocks.0.sn1.w')).toEqual([1])
    expect(outside.get('fc.weight')).toEqual([10, 512])
  })

  test('every layer of a learnable neuron has its own', () => {
    const learned = snn5({ ...image, neuron: plif() }).parameters()
    expect(learned.filter((p) => p.path.endsWith('.w')).length).toBe(5)
  })

  test('the pool of a resnet covers the whole image, whatever its size', () => {
    const summary = (size: number) =>
      spikingResnet(18, { ...image, input: [size, size, 3] }).rows.find((row) => row.path === 'pool')?.output.shape
    for (const size of [32, 48, 50]) expect(summary(size)).toEqual([1, 1, 512])
  })

  test('too small an image names the least size', () => {
    expect(() => spikingVgg(11, { ...image, input: [16, 32, 3] })).toThrow(ShapeError)
    expect(() => spikingVgg(11, { ...image, input: [16, 32, 3] })).toThrow(/at least 32/)
    expect(() => snn5({ ...image, input: [14, 14, 1] })).toThrow(/at least 15/)
    expect(snn5({ ...image, input: [15, 15, 1] }).output).toEqual([10])
    expect(vggsnn({ ...image, input: [16, 16, 2] }).output).toEqual([10])
  })

  test('a mistyped name gets a hint', () => {
    expect(() => modelNamed('resnet81')).toThrow(UsageError)
    expect(() => modelNamed('resnet81')).toThrow(/resnet18/)
  })

  for (const name of ['snn5', 'resnet18', 'vggsnn'])
    test(`${name} is rebuilt from its configuration, start values and all`, () => {
      const network = models[name]({ ...image, neuron: lif({ tau: 1.5 }), dropout: 0.2, seed: 7 })
      const again = modelFromConfig(JSON.parse(JSON.stringify(network.config)))
      expect(again.config).toEqual(network.config)
      expect(again.parameters().map((p) => p.path)).toEqual(network.parameters().map((p) => p.path))
      const [a, b] = [network, again].map((net) => net.parameters()[0].values)
      expect(b).toEqual(a)
      expect(models[name]({ ...image, seed: 8 }).parameters()[0].values).not.toEqual(a)
    })
})
