import { expect, test } from 'vitest'
import { createInterpreter, createWasm } from '../backends/index.ts'
import { hashedUniform } from '../base/index.ts'
import { lif } from '../neurons/index.ts'
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

const [T, N, side, C] = [2, 2, 4, 8]

/** Every parameter and statistic at values of its own. */
function uneven(neuron = lif({ threshold: 0.3 })) {
  const size = { channels: [8, 8, C, 8], depths: [1, 1], heads: 2 } as const
  const network = metaSpikeformer('meta', size, { input: [side * 2, side * 2, 3], classes: 3, neuron })
  for (const [i, parameter] of [...network.parameters(), ...network.buffers()].entries()) {
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
