import { expect, test } from 'vitest'
import { metaStepAgrees } from '../../src/models/testing/meta-step.ts'
import { lif } from '../../src/neurons/index.ts'
import {
  BatchNormThroughTime2d,
  Conv1d,
  ConvTranspose2d,
  type Layer,
  LayerNorm,
  Sequential,
  Spiking,
  SynapseFilter,
  TemporalEffectiveBatchNorm2d,
  ThresholdDependentBatchNorm2d,
} from '../../src/nn/index.ts'
import { layerBackends } from '../../src/nn/testing/layer-run.ts'
import { createGpu } from './adapter.ts'

const image = [3, 2, 4, 3, 4]

test.each<[string, () => Layer, readonly number[]]>([
  ['LayerNorm over channels', () => new LayerNorm(), image],
  ['LayerNorm over frames', () => new LayerNorm({ over: 'frame' }), image],
  ['tdBN', () => new ThresholdDependentBatchNorm2d({ threshold: 0.5 }), image],
  ['TEBN', () => new TemporalEffectiveBatchNorm2d({ T: 3 }), image],
  ['BNTT', () => new BatchNormThroughTime2d({ T: 3 }), image],
  ['SynapseFilter', () => new SynapseFilter({ tau: 3, learned: true }), image],
  [
    'ConvTranspose2d',
    () => new ConvTranspose2d({ channels: 6, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
    image,
  ],
  ['Conv1d', () => new Conv1d({ channels: 8, kernelSize: 3, padding: 1 }), [3, 2, 1, 7, 4]],
])('%s: values and gradients of the interpreter, of numbers and of spikes', async (_, layer, shape) => {
  expect(await layerBackends({ layer, shape }, createGpu)).toBeLessThan(2e-5)
  const behind = () => new Sequential([new Spiking({ neuron: lif() }), layer()])
  expect(await layerBackends({ layer: behind, shape }, createGpu)).toBeLessThan(2e-5)
})

test('a training step of Meta-SpikeFormer is the interpreter’s', () => metaStepAgrees(createGpu))
