import { describe, expect, test } from 'vitest'
import { Tape } from '../src/autograd/index.ts'
import { tetLoss } from '../src/losses/index.ts'
import { models } from '../src/models/index.ts'
import { clif, plif } from '../src/neurons/index.ts'
import {
  BatchNormThroughTime2d,
  ConvTranspose2d,
  GroupNorm,
  type Layer,
  LayerNorm,
  Network,
  Sequential,
  Spiking,
  SynapseFilter,
  TemporalEffectiveBatchNorm2d,
  ThresholdDependentBatchNorm2d,
} from '../src/nn/index.ts'
import { loss } from '../src/ops/index.ts'
import { inputTensor } from '../src/tensor/index.ts'
import { createFakeBackend } from './fake-backend.ts'

async function place(network: Network) {
  const fake = createFakeBackend()
  await network.place(fake.backend)
  const x = inputTensor(fake.backend.tensor([1, 2, ...network.input], null))
  return { ...fake, x, before: fake.live.size }
}

describe('on a backend that only watches', () => {
  for (const name of ['snn5', 'resnet18', 'resnet50'])
    test(`a training step of ${name} leaves nothing but gradients`, async () => {
      const network = models[name]({ input: [32, 32, 3], classes: 10, neuron: plif(), dropout: 0.1 })
      const { backend, live, faults, calls, x, before } = await place(network)
      const tape = new Tape(backend)
      const logits = network.forward(x, { backend, tape, training: true, T: 4, key: 1 })
      const targets = inputTensor(backend.tensor([2, 10], null))
      const value = loss({ backend, tape }, logits, targets, tetLoss().options(4))
      const forward = live.size
      const gradients = tape.backward(value)
      expect(faults).toEqual([])
      const missing = network.parameters().filter((p) => !gradients.get(p.on(backend)))
      expect(missing.map((p) => p.path)).toEqual([])
      gradients.release()
      backend.release(targets.handle)
      expect(live.size).toBe(before)
      expect(forward).toBeGreaterThan(before)
      const count = (operation: string) => calls.filter((call) => call === operation).length
      expect(count('conv2dBackward')).toBe(count('conv2d'))
      expect(count('neuronBackward')).toBe(count('neuron'))
    })

  for (const name of ['snn5', 'resnet18', 'vggsnn'])
    test(`evaluation of ${name} keeps few tensors at once, and none at the end`, async () => {
      const network = models[name]({ input: [32, 32, 3], classes: 10, neuron: clif(), dropout: 0.1 })
      const { backend, live, faults, x, before } = await place(network)
      let most = 0
      const observe = () => {
        most = Math.max(most, live.size)
      }
      const y = network.forward(x, { backend, tape: null, training: false, T: 4, key: 1, observe })
      backend.release(y.handle)
      expect(faults).toEqual([])
      expect(live.size).toBe(before)
      expect(most - before).toBeLessThanOrEqual(6)
    })

  const layers: readonly (readonly [() => Layer, boolean])[] = [
    [() => new LayerNorm({ over: 'frame' }), true],
    [() => new GroupNorm({ groups: 2 }), true],
    [() => new ThresholdDependentBatchNorm2d(), true],
    [() => new TemporalEffectiveBatchNorm2d({ T: 4 }), true],
    [() => new BatchNormThroughTime2d({ T: 4 }), true],
    [() => new ConvTranspose2d({ channels: 4, kernelSize: 2, stride: 2 }), true],
    [() => new ConvTranspose2d({ channels: 4, kernelSize: 2, bias: false }), true],
    [() => new SynapseFilter(), false],
  ]
  test.each(layers)(
    '%#: a layer of numbers, and one of spikes, leaves nothing but its output and gradients',
    async (make, learns) => {
      for (const behind of [[], [new Spiking({ neuron: clif() })]]) {
        const layer = new Sequential([...behind, make()])
        const { backend, live, faults, x, before } = await place(new Network({ name: 'one', input: [4, 4, 2], layer }))
        const y = layer.call(x, { backend, tape: null, training: false, T: 4, key: 1 })
        backend.release(y.handle)
        expect(live.size).toBe(before)
        const tape = new Tape(backend)
        const out = layer.call(x, { backend, tape, training: true, T: 4, key: 1 })
        if (learns) tape.backward(out, backend.tensor(out.shape, null)).release()
        expect(faults).toEqual([])
        if (learns) expect(live.size).toBe(before)
      }
    },
  )
})
