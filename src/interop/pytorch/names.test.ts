import { describe, expect, test } from 'vitest'
import { hashedUniform } from '../../base/index.ts'
import { modelNamed } from '../../models/index.ts'
import { clif, plif } from '../../neurons/index.ts'
import type { SafetensorsTensor } from '../safetensors.ts'
import { ownNames, referenceNames, torchTensors } from './index.ts'

const build = (model: string, neuron = clif()) =>
  modelNamed(model)({ input: model === 'vggsnn' ? [48, 48, 2] : [32, 32, 3], classes: 10, neuron, dropout: 0.1 })

const bytesOf = ({ buffer }: Float32Array) => Buffer.from(buffer as ArrayBuffer)

/** What the published code prints as the first and last of `net.state_dict()`, and some between. */
const published: [string, string[]][] = [
  [
    'resnet18',
    [
      'conv1.weight',
      'layer1.0.bn1.weight',
      'layer1.0.conv1.bias',
      'layer2.0.shortcut.weight',
      'layer4.1.bn2.running_var',
      'layer4.1.relu2.w',
      'bn1.running_mean',
      'relu1.w',
      'linear.bias',
    ],
  ],
  ['resnet50', ['layer1.0.bn3.weight', 'layer1.2.conv3.weight', 'layer4.2.relu3.w', 'linear.weight']],
  ['vgg11', ['layer1.0.weight', 'layer1.1.running_mean', 'layer3.4.weight', 'layer5.5.bias', 'layer5.6.w', 'classifier.1.weight']],
  ['vggsnn', ['features.0.fwd.0.weight', 'features.3.fwd.1.bias', 'features.10.act.w', 'classifier.bias']],
  ['snn5', ['features.4.fwd.0.weight', 'features.4.fwd.1.running_var', 'features.0.act.w', 'classifier.weight']],
] // biome-ignore format: a line a model

describe("names of the paper's code", () => {
  test.each(published)('%s', (model, expected) => {
    const names = [...referenceNames(build(model, plif()))!.values()]
    expect(names).toEqual(expect.arrayContaining(expected))
    expect(new Set(names).size).toBe(names.length)
    expect(names.some((name) => name.includes('undefined'))).toBe(false)
  })

  test.each(['spikelet', 'published'] as const)('a network comes back from a file with %s names', (scheme) => {
    const network = build('snn5', plif())
    network.parameters().forEach((p, key) => {
      p.set(hashedUniform(p.values.length, key).map(Math.fround))
    })
    const file = new Map<string, SafetensorsTensor>([
      ...torchTensors(network, scheme).map(([name, tensor]) => [`module.${name}`, tensor] as const),
      ['module.unknown', { dtype: 'F32', shape: [1], values: Float32Array.of(1) }],
    ])
    expect(file.get('module.rest.1.w')?.shape).toEqual(scheme === 'spikelet' ? [] : undefined)
    const found = ownNames(build('snn5', plif()), file, 'a.pt')
    expect([found.scheme, found.unused]).toEqual([scheme, ['unknown']])
    for (const p of network.parameters()) {
      const got = found.tensors.get(p.path)?.values as Float32Array
      expect(bytesOf(got).equals(bytesOf(Float32Array.from(p.toOutside()))), p.path).toBe(true)
    }
  })

  describe('what stands in front of all names', () => {
    const network = modelNamed('snn3')({ input: [16, 16, 2], classes: 3, neuron: clif() })
    const behind = (prefix: string) =>
      torchTensors(network, 'spikelet').map(([name, tensor]) => [prefix + name, tensor] as const)

    test.each(['_orig_mod.', 'module._orig_mod.', 'net.', 'model.', 'student.backbone.', 'features.'])(
      '%s',
      (prefix) => {
        const found = ownNames(network, new Map(behind(prefix)), 'a.pt')
        expect([found.prefix, found.unused, found.tensors.size]).toEqual([prefix, [], behind('').length - 3])
      },
    )

    test('the names themselves come first; of two that fit, neither is taken', () => {
      expect(ownNames(network, new Map([...behind('ema.'), ...behind('')]), 'a.pt').prefix).toBe('')
      expect(() => ownNames(network, new Map([...behind('ema.'), ...behind('net.')]), 'a.pt')).toThrow(
        /more than once[\s\S]*ema\. and with net\./,
      )
    })

    test('what is missing is told by the names behind it', () => {
      expect(() => ownNames(network, new Map(behind('net.').slice(1)), 'a.pt')).toThrow(
        /1 are missing behind net\.[\s\S]*"features\.0\.weight"/,
      )
    })

    test.each([
      ['features.1.running_var', -0.5, /variance is negative[\s\S]*"features\.1\.running_var"/],
      ['features.1.running_mean', Number.NaN, /not finite[\s\S]*running_mean[\s\S]*position 1/],
      ['features.0.weight', Number.POSITIVE_INFINITY, /not finite[\s\S]*features\.0\.weight/],
    ])('%s with %d is refused by name', (name, value, message) => {
      const file = new Map(behind(''))
      const tensor = file.get(name)!
      const values = Float32Array.from(tensor.values as Float32Array)
      values[1] = value
      file.set(name, { dtype: 'F32', shape: tensor.shape, values })
      expect(() => ownNames(network, file, 'a.pt')).toThrow(message)
    })
  })

  test('another network is refused, with what is missing', () => {
    const file = new Map(torchTensors(build('snn5'), 'published'))
    expect(() => ownNames(build('snn5', plif()), file, 'a.pt')).toThrow(
      /features\.0\.act\.w[\s\S]*the neuron that were trained/,
    )
    expect(() => ownNames(build('resnet18'), file, 'a.pt')).toThrow(/are missing/)
  })

  test('models of their own have no published names', () => {
    const network = modelNamed('snn3')({ input: [34, 34, 2], classes: 10, neuron: clif() })
    expect(referenceNames(network)).toBeUndefined()
    expect(() => torchTensors(network, 'published')).toThrow(/no model "snn3"/)
  })
})
