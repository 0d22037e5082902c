import { expect, test } from 'vitest'
import { createInterpreter, createWasm } from '../backends/index.ts'
import { hashedUniform } from '../base/index.ts'
import { defineNeuron } from '../equations/index.ts'
import { tetLoss } from '../losses/index.ts'
import { clif, lif, maskedPsn } from '../neurons/index.ts'
import { Conv2d, Flatten, Linear, Network, Recurrent, Sequential, Spiking } from '../nn/index.ts'
import { loss as lossOf, slice } from '../ops/index.ts'
import { inputTensor, tensorOf } from '../tensor/index.ts'
import { gradientMap } from './gradient-map.ts'
import { layerGradientMap } from './layer-gradient-map.ts'
import { record, recordLayers } from './recording.ts'

const T = 4

function convolutional(neuron = clif()) {
  return new Network({
    name: 'small',
    input: [4, 4, 1],
    seed: 2,
    layer: new Sequential([
      new Conv2d({ channels: 3, kernelSize: 3, padding: 1 }),
      new Spiking({ neuron, normalisation: 'perStep', T }),
      new Flatten(),
      new Linear({ features: 5 }),
      new Spiking({ neuron, T }),
      new Linear({ features: 3 }),
    ]),
  })
}

test('locally, a layer’s map is that of its neurons under the currents they get, on both backends', async () => {
  const seen: number[][] = []
  for (const backend of [createInterpreter(), await createWasm()]) {
    const net = convolutional()
    await net.place(backend)
    const frames = hashedUniform(2 * 16, 4).map((value) => 6 * value)
    const map = await layerGradientMap(net, tensorOf(backend, [1, 2, 4, 4, 1], frames), { T, sample: 10_000 })
    expect(map.maps.map(({ name, M }) => [name, M])).toEqual([
      ['2', 96],
      ['5', 10],
    ])
    const [first] = map.maps
    // Running statistics are mean 0, variance 1 at the start: the currents are the convolution's, over sqrt(1 + eps).
    const [w, b] = ['0.weight', '0.bias'].map((path) => net.parameter(path).values)
    const currents = new Float64Array(T * 96)
    for (let i = 0; i < 96; i++) {
      const [n, y, x, c] = [Math.floor(i / 48), Math.floor(i / 12) % 4, Math.floor(i / 3) % 4, i % 3]
      let sum = b[c]
      for (let ky = 0; ky < 3; ky++)
        for (let kx = 0; kx < 3; kx++) {
          const [py, px] = [y + ky - 1, x + kx - 1]
          if (py >= 0 && py < 4 && px >= 0 && px < 4) sum += w[(ky * 3 + kx) * 3 + c] * frames[n * 16 + py * 4 + px]
        }
      for (let t = 0; t < T; t++) currents[t * 96 + i] = sum / Math.sqrt(1 + 1e-5)
    }
    const [expected] = gradientMap(clif(), { T, input: currents }).maps
    for (let t = 0; t < T; t++)
      for (let source = 0; source < T; source++)
        expect(first.total.mean[t][source]).toBeCloseTo(expected.total.mean[t][source], 5)
    seen.push(first.total.size.flatMap((row) => [...row]))
    const [whole, part] = [recordLayers, recordLayers].map((f, i) =>
      f(net, tensorOf(backend, [1, 2, 4, 4, 1], frames), i ? { T, sample: 6 } : { T, sample: 96 }),
    )
    expect([...(await whole).recordings[0].s]).toEqual([...record(clif(), { T, input: currents }).recordings[0].s])
    expect((await part).recordings.map(({ M }) => M)).toEqual([6, 5])
    await backend.close()
  }
  seen[0].forEach((value, i) => {
    expect(seen[1][i]).toBeCloseTo(value, 5)
  })
})

test('end to end, the steps’ losses together give the gradient of the whole loss: finite differences', async () => {
  const graded = defineNeuron({
    name: 'graded',
    equations: `
      u = 0.6 * u + x
      s = sigmoid(3 * u - 2)
      u = u - 0.5 * s`,
  })()
  const backend = createInterpreter()
  const net = new Network({
    name: 'graded',
    input: [3],
    seed: 5,
    layer: new Sequential([
      new Linear({ features: 4 }),
      new Spiking({ neuron: graded }),
      new Linear({ features: 4 }),
      new Spiking({ neuron: graded }),
      new Linear({ features: 2 }),
    ]),
  })
  await net.place(backend)
  const x = tensorOf(
    backend,
    [T, 3, 3],
    hashedUniform(T * 9, 6).map((value) => 2 * value - 0.5),
  )
  const labels = [0, 1, 1]
  const map = await layerGradientMap(net, x, { T, kind: 'end-to-end', labels, sample: 1000 })
  const rule = tetLoss()
  const targets = inputTensor(backend.tensor([3, 2], rule.targets(labels, 2)))
  const scope = { backend, tape: null }
  const lossOfStep = async (source: number) => {
    const logits = net.forward(x, { ...scope, training: false, T, key: 0 })
    return (
      await backend.read(lossOf(scope, slice(scope, logits, source, source + 1), targets, rule.options(1)).handle)
    )[0]
  }
  for (const [layer, path] of ['0.bias', '2.bias'].entries()) {
    const bias = net.parameter(path)
    const start = bias.values.slice()
    const h = 1e-5
    for (let source = 0; source < T; source++) {
      // One number added to every bias adds it to every current of the layer, at all steps.
      bias.set(start.map((value) => value + h))
      const up = await lossOfStep(source)
      bias.set(start.map((value) => value - h))
      const down = await lossOfStep(source)
      bias.set(start)
      const { total, M } = map.maps[layer]
      const sum = total.mean.reduce((all, row) => all + row[source] * M, 0)
      expect(Math.abs(sum - (up - down) / (2 * h))).toBeLessThan(1e-8)
      for (let t = source + 1; t < T; t++) expect(total.size[t][source]).toBe(0)
    }
    expect(map.maps[layer].total.size[0][T - 1]).toBeGreaterThan(0)
  }
  expect(map.unit).toBe("d L[t'] / d x[t]")
})

test('a map over time in front of the neurons is part of it', async () => {
  const backend = createInterpreter()
  const net = convolutional(maskedPsn({ k: 2, b: -0.1 }))
  await net.place(backend)
  const frames = tensorOf(
    backend,
    [1, 2, 4, 4, 1],
    hashedUniform(32, 4).map((value) => 6 * value),
  )
  const [first] = (await layerGradientMap(net, frames, { T })).maps
  expect(first.total.size[0][1]).toBeGreaterThan(0)
  expect(first.total.size[0][2]).toBe(0)
  expect(first.through).toEqual({})
})

test('says what it cannot do', async () => {
  const backend = createInterpreter()
  const net = convolutional(lif())
  const x = tensorOf(backend, [1, 1, 4, 4, 1], new Float64Array(16))
  await expect(layerGradientMap(net, x, { T })).rejects.toThrow('is on no backend')
  await net.place(backend)
  await expect(layerGradientMap(net, x, { T, kind: 'end-to-end' })).rejects.toThrow('Pass the labels')
  const recurrent = new Network({
    name: 'recurrent',
    input: [3],
    layer: new Recurrent(new Spiking({ neuron: lif() }), new Linear({ features: 3 })),
  })
  await recurrent.place(backend)
  const sequence = tensorOf(backend, [T, 1, 3], new Float64Array(T * 3))
  await expect(layerGradientMap(recurrent, sequence, { T })).rejects.toThrow('runs step by step')
})
