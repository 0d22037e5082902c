import { describe, expect, test } from 'vitest'
import { lif } from '../neurons/index.ts'
import { modelFromConfig, modelNamed } from './index.ts'

const imagenet = { input: [224, 224, 3], classes: 1000, neuron: lif() }

describe('parameters, as those of the residual networks of He et al. with the same layers', () => {
  test.each([
    ['sew-resnet18', 11_689_512],
    ['sew-resnet34', 21_797_672],
    ['sew-resnet50', 25_557_032],
    ['sew-resnet101', 44_549_160],
    ['sew-resnet152', 60_192_808],
    ['sew-resnet18-and', 11_689_512],
    ['sew-resnet18-iand', 11_689_512],
    ['ms-resnet18', 11_689_512],
    ['ms-resnet34', 21_797_672],
  ])('%s has %i', (name, parameters) => {
    const network = modelNamed(name)(imagenet)
    expect(network.summary({ T: 1, batch: 1 }).parameters).toBe(parameters)
    expect(network.output).toEqual([1000])
    expect(modelFromConfig(JSON.parse(JSON.stringify(network.config))).config).toEqual(network.config)
  })
})

test('images of 32x32 are halved by the stages alone, larger ones in front of them too', () => {
  const before = (size: number) =>
    modelNamed('ms-resnet18')({ ...imagenet, input: [size, size, 3] }).rows.find(({ path }) => path === 'pool')?.input
      .shape
  expect(before(32)).toEqual([4, 4, 512])
  expect(before(224)).toEqual([7, 7, 512])
  expect(before(50)).toEqual([7, 7, 512])
})
