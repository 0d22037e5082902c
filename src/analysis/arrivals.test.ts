import { describe, expect, test } from 'vitest'
import { createInterpreter, createWasm } from '../backends/index.ts'
import { hashedUniform } from '../base/index.ts'
import { modelNamed } from '../models/index.ts'
import { lif } from '../neurons/index.ts'
import { Delay, Flatten, LayerNorm, Linear, MaxPool2d, Network, Recurrent, Sequential, Spiking } from '../nn/index.ts'
import { tensorOf } from '../tensor/index.ts'
import { type ArrivalField, arrivals } from './arrivals.ts'
import { layerSamples } from './layer-samples.ts'

const T = 3

/** Weights of a field by source, step and place. */
function byPlace(fields: readonly ArrivalField[]): { [place: string]: number } {
  return Object.fromEntries(
    fields.flatMap(({ source, steps, places, weights }) =>
      Array.from(weights, (weight, i) => [`${source} ${steps[i]} ${places[i]}`, weight]),
    ),
  )
}

async function placed(network: Network, backend = createInterpreter()) {
  await network.place(backend)
  const size = network.input.reduce((a, b) => a * b, 1)
  const x = tensorOf(backend, [T, 1, ...network.input], hashedUniform(T * size, 5))
  return { network, x }
}

test('of a matrix they are its rows, and what remains is the bias', async () => {
  const layers = [new Linear({ features: 4 }), new Spiking({ neuron: lif() }), new Linear({ features: 2 })]
  const own = new Network({ name: 'n', input: [5], layer: new Sequential([...layers, new Spiking({ neuron: lif() })]) })
  const { network, x } = await placed(own)
  const { steps, fixed } = await arrivals(network, x, { T, layer: '3', place: 1 })
  const weight = network.parameter('2.weight').values
  const bias = network.parameter('2.bias').values
  expect(fixed).toBe(true)
  steps.forEach(({ fields, rest }, t) => {
    expect(byPlace(fields)).toEqual(
      Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`1 ${t} ${i}`, weight[2 * i + 1]])),
    )
    expect(rest).toBeCloseTo(bias[1], 12)
  })
  const { steps: first } = await arrivals(network, x, { T, layer: '1', place: 0 })
  const values = await network.backend!.read(x.handle)
  expect(first.map(({ fields }) => [...fields[0].values])).toEqual(
    [0, 1, 2].map((t) => [...values.slice(5 * t, 5 * t + 5)]),
  )
})

describe.each(['snn5', 'resnet20', 'sew-resnet18'])('in %s', (model) => {
  test('the weights of what arrived, with what normalisation adds, sum to the current of every layer', async () => {
    const net = modelNamed(model)({ input: [16, 16, 2], classes: 3, neuron: lif({ threshold: 0.3 }) })
    for (const [k, buffer] of net.buffers().entries()) {
      const sign = buffer.path.includes('mean') ? -0.2 : 1
      buffer.values.set(hashedUniform(buffer.values.length, k).map((value) => sign * (0.5 + value / 2)))
    }
    const { network, x } = await placed(net, await createWasm())
    const layers = await layerSamples(network, x, { T, sample: 1e9 })
    for (const layer of layers.filter((_, k) => k % Math.ceil(layers.length / 4) === 0)) {
      const place = Math.floor(layer.M / 2)
      const found = await arrivals(network, x, { T, layer: layer.path, place })
      const rests = found.steps.map(({ rest }) => rest)
      found.steps.forEach(({ current, fields }, t) => {
        expect(current).toBeCloseTo(layer.x[t * layer.M + place], 5)
        for (const { steps } of fields) expect(new Set(steps)).toEqual(new Set([t]))
        expect(
          fields.some(({ values }) => values.some((value) => value !== 0)),
          layer.path,
        ).toBe(true)
      })
      expect(found.fixed).toBe(true)
      // What comes from nobody is the same whatever came: what arrived holds all that changes from step to step.
      for (const rest of rests) expect(rest).toBeCloseTo(rests[0], 4)
    }
  })
})

describe('through layers', () => {
  const net = (input: readonly number[], layers: ConstructorParameters<typeof Sequential>[0]) =>
    new Network({ name: 'n', input, layer: new Sequential(layers) })

  test('that keep something, spikes of earlier steps arrive', async () => {
    const delayed = net([2], [new Delay({ most: 1 }), new Linear({ features: 1 }), new Spiking({ neuron: lif() })])
    const { network, x } = await placed(delayed)
    const { steps } = await arrivals(network, x, { T, layer: '2', place: 0 })
    expect(steps.map(({ fields }) => fields.flatMap((field) => [...field.steps]))).toEqual([[], [0, 0], [1, 1]])
    const weight = network.parameter('1.weight').values
    expect(byPlace(steps[2].fields)).toEqual({ 'input 1 0': weight[0], 'input 1 1': weight[1] })
  })

  test('that take the largest, the largest arrives', async () => {
    const pooled = net(
      [2, 2, 1],
      [new MaxPool2d({ kernelSize: 2 }), new Flatten(), new Linear({ features: 1 }), new Spiking({ neuron: lif() })],
    )
    const { network, x } = await placed(pooled)
    const values = await network.backend!.read(x.handle)
    const { steps } = await arrivals(network, x, { T, layer: '3', place: 0 })
    steps.forEach(({ fields }, t) => {
      const frame = [...values.slice(4 * t, 4 * t + 4)]
      expect([...fields[0].places]).toEqual([frame.indexOf(Math.max(...frame))])
    })
  })

  test('that normalise by what they receive, weights are said to hold for this input', async () => {
    const normed = net([4], [new LayerNorm(), new Linear({ features: 1 }), new Spiking({ neuron: lif() })])
    const { network, x } = await placed(normed)
    expect((await arrivals(network, x, { T, layer: '2', place: 0 })).fixed).toBe(false)
  })

  test('what is not there is refused, and so is feedback', async () => {
    const feedback = new Recurrent(new Spiking({ neuron: lif() }), new Linear({ features: 3 }))
    const { network, x } = await placed(net([3], [feedback, new Spiking({ neuron: lif() })]))
    const at = (layer: string, place: number) => arrivals(network, x, { T, layer, place })
    await expect(at('1', 3)).rejects.toThrow(/no neuron 3[\s\S]*0 to 2/)
    await expect(at('4', 0)).rejects.toThrow(/no layer of neurons "4"[\s\S]*Known: /)
    for (const path of ['0', '0.neurons']) await expect(at(path, 0), path).rejects.toThrow('step by step')
    const { steps } = await at('1', 2)
    expect(byPlace(steps[1].fields)).toEqual({ '0 1 2': 1 })
    await expect(arrivals(network, x, { T: 2, layer: '1', place: 0 })).rejects.toThrow(/one sample[\s\S]*\[2, 1, ...\]/)
  })
})
