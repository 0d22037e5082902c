import { describe, expect, test } from 'vitest'
import { defineNeuron } from '../../equations/index.ts'
import { lif, maskedPsn, psn } from '../../neurons/index.ts'
import {
  BatchNormThroughTime2d,
  Conv1d,
  ConvTranspose2d,
  Delay,
  GroupNorm,
  LayerNorm,
  Linear,
  Network,
  Sequential,
  Spiking,
  SynapseFilter,
  TemporalEffectiveBatchNorm2d,
  ThresholdDependentBatchNorm2d,
} from '../../nn/index.ts'
import { filled, interpreted, someFrames, testedNetworks, testedNeurons } from '../testing/networks.ts'
import { PlanRun } from './evaluate.ts'
import { planOf } from './lower.ts'

/** A recurrent layer speaks for its neurons. */
const layerOf = (path: string) => path.replace(/\.neurons$/, '')

describe.each(Object.entries(testedNeurons))('networks of %s', (_, neuron) => {
  test.each(Object.entries(testedNetworks))('%s: the plan in float64 is the interpreter', async (name, make) => {
    const network = filled(make(neuron()))
    const frames = someFrames(network, 4)
    const expected = await interpreted(network, frames)
    const plan = planOf(network)
    const run = new PlanRun(plan)
    let spikes = 0
    frames.forEach((frame, t) => {
      const outputs = run.step(frame)
      outputs.forEach((value, k) => expect(Math.abs(value - expected.outputs[t][k])).toBeLessThan(1e-9))
      for (const step of plan.steps) {
        if (step.op !== 'neurons') continue
        const wanted = (expected.spikes.get(step.path) ?? expected.spikes.get(layerOf(step.path)))?.[t]
        expect([...run.values[step.to]], `${name} ${step.path} step ${t}`).toEqual([...(wanted ?? [])])
        spikes += run.values[step.to].reduce((a, b) => a + b, 0)
      }
    })
    expect(spikes).toBeGreaterThan(8)
  })
})

describe('a plan', () => {
  test('has no BatchNorm left where a convolution stands in front', () => {
    const plan = planOf(filled(testedNetworks.convolutional(lif())))
    expect(plan.steps.map(({ op }) => op)).toEqual(['conv', 'neurons', 'pool', 'conv', 'pool', 'neurons', 'linear'])
    expect(plan.steps.flatMap((step) => (step.op === 'neurons' ? [step.scale] : []))).toEqual([null, null])
  })

  test('starts again after reset', () => {
    const network = filled(testedNetworks.recurrent(lif()))
    const run = new PlanRun(planOf(network))
    const frames = someFrames(network, 3)
    const first = frames.map((frame) => [...run.step(frame)])
    run.reset()
    expect(frames.map((frame) => [...run.step(frame)])).toEqual(first)
  })

  test.each([psn(), maskedPsn()])('of $name is refused by name', (neuron) => {
    const network = new Network({
      name: 'parallel',
      input: [3],
      layer: new Sequential([new Linear({ features: 4 }), new Spiking({ neuron, T: 4 })]),
    })
    expect(() => planOf(network)).toThrow(new RegExp(`layer "1", spiking: its neurons '${neuron.name}' look over time`))
  })

  test.each([
    [
      new TemporalEffectiveBatchNorm2d({ T: 4 }),
      /layer "1", temporalEffectiveBatchNorm2d: its weights differ from step/,
    ],
    [new BatchNormThroughTime2d({ T: 4 }), /layer "1", batchNormThroughTime2d: its weights differ from step to step/],
    [new LayerNorm(), /layer "1", layerNorm: it takes statistics of every sample/],
    [new SynapseFilter(), /layer "1", synapseFilter: programs of single steps have memory for neurons alone/],
    [new Delay({ most: 2 }), /layer "1", delay: programs of single steps have memory for neurons alone/],
    [new GroupNorm({ groups: 2 }), /layer "1", groupNorm: it takes statistics of every sample/],
  ])('%#: of a layer that no program of steps has is refused by name', (norm, message) => {
    const layer = new Sequential([new Linear({ features: 4 }), norm])
    expect(() => planOf(new Network({ name: 'norms', input: [3], layer }))).toThrow(message)
  })

  test('of a transposed convolution is refused by name', () => {
    const layer = new ConvTranspose2d({ channels: 2, kernelSize: 2 })
    expect(() => planOf(new Network({ name: 'larger', input: [3, 3, 1], layer }))).toThrow(
      /convTranspose2d: programs of single steps have no transposed convolution/,
    )
  })

  test('of a convolution of one dimension is that of two', async () => {
    const convolve = new Conv1d({ channels: 3, kernelSize: 3, padding: 1, stride: 2 })
    const layer = new Sequential([convolve, new Spiking({ neuron: lif() }), new Conv1d({ channels: 2, kernelSize: 2 })])
    const network = filled(new Network({ name: 'sound', input: [1, 8, 4], layer }))
    const frames = someFrames(network, 4)
    const expected = await interpreted(network, frames)
    const run = new PlanRun(planOf(network))
    frames.forEach((frame, t) => {
      run.step(frame).forEach((value, k) => void expect(value).toBeCloseTo(expected.outputs[t][k], 9))
    })
  })

  test('of tdBN is that of its running statistics', async () => {
    const norm = new ThresholdDependentBatchNorm2d({ threshold: 0.5 })
    const network = new Network({ name: 'td', input: [2], layer: norm })
    network.parameter('running_mean').set([0.25, -1])
    network.parameter('running_var').set([4, 0.25])
    const { steps } = planOf(network)
    const affine = steps.find((step) => step.op === 'affine')
    expect(affine?.scale[0]).toBeCloseTo(0.5 / Math.sqrt(4 + 1e-5), 12)
    expect(affine?.shift[1]).toBeCloseTo(0.5 / Math.sqrt(0.25 + 1e-5), 12)
  })

  test('of neurons that have parameters of their own each is refused by name', () => {
    const neuron = defineNeuron({
      name: 'each',
      learnable: { theta: { start: 1, per: 'neuron' } },
      equations: 'u = 0.5 * u + x\ns = spike(u - theta)',
    })
    const layer = new Sequential([new Linear({ features: 4 }), new Spiking({ neuron: neuron() })])
    expect(() => planOf(new Network({ name: 'each', input: [3], layer }))).toThrow(
      /layer "1", spiking: parameter 'theta' of 'each' has a value for each neuron/,
    )
  })
})
