import { expect, test } from 'vitest'
import { createInterpreter, createWasm } from '../backends/index.ts'
import { hashedUniform, sizeOf } from '../base/index.ts'
import { lif } from '../neurons/index.ts'
import type { Network } from '../nn/index.ts'
import { tensorOf } from '../tensor/index.ts'
import { metaSpikeformer, modelFromConfig, modelNamed } from './index.ts'

test.each([
  ['8-256', 15.1],
  ['8-384', 31.3],
  ['8-512', 55.4],
])('%s has %f million parameters, as published', (size, millions) => {
  const network = modelNamed(`meta-spikeformer-${size}`)({ input: [224, 224, 3], classes: 1000, neuron: lif() })
  expect(Math.round(network.summary({ T: 1, batch: 1 }).parameters / 1e5) / 10).toBe(millions)
  expect(network.rows.find(({ path }) => path === 'pool')?.input.shape.slice(0, 2)).toEqual([14, 14])
})

test('is built again from its configuration, and halves small images less often', () => {
  const network = modelNamed('meta-spikeformer-small')({ input: [32, 32, 3], classes: 10, neuron: lif() })
  expect(modelFromConfig(JSON.parse(JSON.stringify(network.config))).config).toEqual(network.config)
  expect(network.rows.find(({ path }) => path === 'pool')?.input.shape).toEqual([8, 8, 80])
})

const everyParameter = (network: Network) => [...network.parameters(), ...network.buffers()]

const [T, N, side, C] = [2, 2, 4, 8]

/** Every parameter and statistic at values of its own. */
function uneven(neuron = lif({ threshold: 0.3 })) {
  const size = { channels: [8, 8, C, 8], depths: [1, 1], heads: 2 } as const
  const network = metaSpikeformer('meta', size, { input: [side * 2, side * 2, 3], classes: 3, neuron })
  for (const [i, parameter] of everyParameter(network).entries()) {
    const isVariance = parameter.path.endsWith('running_var')
    if (parameter.shape.length === 1)
      parameter.set(hashedUniform(parameter.values.length, i + 1).map((v) => (isVariance ? v + 0.5 : v - 0.3)))
  }
  return network
}

test.each([
  ['interpreter', async () => createInterpreter()],
  ['wasm', () => createWasm()],
] as const)('queries see the published border in evaluation, on %s', async (_, open) => {
  const backend = await open()
  const network = uneven()
  await network.place(backend)
  const read = new Map<string, PromiseLike<ArrayLike<number>>>()
  const x = tensorOf(backend, [T, N, 8, 8, 3], hashedUniform(T * N * 192, 5))
  network.forward(x, {
    ...{ backend, tape: null, training: false, T, key: 0 },
    observe: (path, value) => void read.set(path, backend.read(value.handle)),
    inspect: (path, value) => void read.set(`into ${path}`, backend.read(value.handle)),
  })
  const place = 'block3.0.attn.body'
  const spikes = await read.get(`${place}.head_sn`)!
  const found = await read.get(`into ${place}.heads.q_sn`)!
  const pixels = Math.round(Math.sqrt(spikes.length / T / N / C))
  const of = (name: string) => network.parameter(`${place}.heads.q_${name}`).values
  const normal = (name: string, c: number, value: number) =>
    (of(`${name}.weight`)[c] * (value - of(`${name}.running_mean`)[c])) /
      Math.sqrt(of(`${name}.running_var`)[c] + 1e-5) +
    of(`${name}.bias`)[c]
  // After BatchNorm the border is what BatchNorm makes of 0, as the paper's code pads it.
  const inner = (frame: number, row: number, column: number, c: number) => {
    const inside = row >= 0 && column >= 0 && row < pixels && column < pixels
    let sum = 0
    for (let i = 0; inside && i < C; i++)
      sum += spikes[((frame * pixels + row) * pixels + column) * C + i] * of('conv1.weight')[i * C + c]
    return normal('bn1', c, sum)
  }
  expect(new Set(Array.from(spikes)).size).toBe(2)
  for (let at = 0; at < found.length; at++) {
    const [o, place] = [at % C, Math.floor(at / C)]
    const [column, row, frame] = [
      place % pixels,
      Math.floor(place / pixels) % pixels,
      Math.floor(place / pixels / pixels),
    ]
    let sum = 0
    for (let c = 0; c < C; c++)
      for (let tap = 0; tap < 9; tap++) {
        const value = inner(frame, row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1, c)
        sum += value * of('dwconv.weight')[tap * C + c] * of('conv2.weight')[c * C + o]
      }
    expect(found[at]).toBeCloseTo(normal('bn2', o, sum), 4)
  }
  await backend.close()
})

/**
 * Logits of three steps, two samples and five classes, by an implementation of the paper's equations in PyTorch 2.13 in
 * float64, with the published border and half the threshold behind the sums of attention.
 */
// biome-ignore format: a row for each step and sample
const published = [
  -14.620150699264, 5.191853487529, -22.475208993157, 9.443140523562, 14.421745111992,
  -13.757444665778, 4.055362488153, -22.480997015661, 8.851899364652, 15.838157295542,
  -14.67348437111, 5.07403225879, -23.008556246246, 9.63185559904, 14.491269001027,
  -13.318696684345, 4.198454042438, -22.571122970059, 8.862118831062, 15.377138963321,
  -14.924693296036, 5.123358059572, -22.997976092954, 9.791139475195, 14.010993080335,
  -13.375008475866, 3.943575735059, -22.723828907424, 9.110341570989, 15.475516837767,
]

test('its logits are those of an independent implementation', async () => {
  const size = { channels: [16, 16, 16, 24], depths: [1, 1], heads: 4 } as const
  const network = metaSpikeformer('meta', size, { input: [16, 16, 3], classes: 5, neuron: lif({ threshold: 0.4 }) })
  for (const [i, { path, shape }] of everyParameter(network).entries()) {
    const drawn = hashedUniform(sizeOf(shape), i + 1)
    const fanIn = sizeOf(shape) / shape[shape.length - 1]
    const value = (v: number) => {
      if (shape.length > 1) return (4 * (v - 0.5)) / Math.sqrt(fanIn)
      if (path.endsWith('running_var')) return v * 0.5 + 0.05
      return path.endsWith('weight') ? v + 0.5 : (v - 0.5) * 0.4
    }
    network.parameter(path).set(drawn.map(value))
  }
  const backend = createInterpreter()
  await network.place(backend)
  const x = tensorOf(backend, [3, 2, 16, 16, 3], hashedUniform(3 * 2 * 16 * 16 * 3, 5))
  const y = network.forward(x, { backend, tape: null, training: false, T: 3, key: 0 })
  const logits = await backend.read(y.handle)
  published.forEach((value, i) => void expect(logits[i]).toBeCloseTo(value, 10))
  await backend.close()
})
