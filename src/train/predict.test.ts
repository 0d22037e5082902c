import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createInterpreter } from '../backends/index.ts'
import { encoders, normalise } from '../data/index.ts'
import { lif } from '../neurons/index.ts'
import { Flatten, Linear, Network, Sequential, Spiking } from '../nn/index.ts'
import { checkpointBytes, loadCheckpoint } from './checkpoint.ts'
import { inputOf } from './input.ts'
import { loadNetwork, saveNetwork } from './network-file.ts'
import { predict } from './predict.ts'
import { freshProgress } from './progress.ts'

const T = 3
const network = () =>
  new Network({
    name: 'net',
    input: [2, 2, 1],
    layer: new Sequential([
      new Flatten(),
      new Linear({ features: 8 }),
      new Spiking({ neuron: lif() }),
      new Linear({ features: 2 }),
    ]),
  })

const checkpoint = async (encode: string, transforms = [normalise([0.5], [0.25])]) => {
  const evaluation = transforms.map(({ name, options }) => ({ name, options }))
  const training = { T, encode, classes: ['cat', 'dog'], transforms: { train: [], evaluation } }
  return loadCheckpoint(await checkpointBytes(network(), { progress: freshProgress, training }))
}

/** Mean logits as the network's own forward gives them. */
async function meansOf(values: Float32Array, encode: typeof encoders.direct): Promise<number[]> {
  const backend = createInterpreter()
  const net = network()
  await net.place(backend)
  const x = inputOf(net, backend, values, { T, seed: 0, encode })
  const logits = await backend.read(net.forward(x, { backend, tape: null, training: false, T, key: 0 }).handle)
  return [0, 1].map((k) => (logits[k] + logits[2 + k] + logits[4 + k]) / T)
}

test('a still is normalised and encoded as in the training', async () => {
  const trained = await checkpoint('direct')
  const bytes = Uint8Array.of(0, 51, 255, 102)
  const expected = await meansOf(
    Float32Array.from(bytes, (byte) => (byte / 255 - 0.5) / 0.25),
    encoders.direct,
  )
  const backend = createInterpreter()
  const found = await predict(trained, bytes, { backend })
  expect([...found.outputs]).toEqual(expected.map((value) => expect.closeTo(value, 5)))
  expect(found.name).toBe(['cat', 'dog'][found.label])
  expect(found.shares[0] + found.shares[1]).toBeCloseTo(1, 12)
  const floats = await predict(
    trained,
    Float32Array.from(bytes, (byte) => byte / 255),
    { backend },
  )
  expect([...floats.outputs]).toEqual([...found.outputs])
})

test('frames are shown one a step, bytes and numbers alike, and in any mixture of samples', async () => {
  const trained = await checkpoint('frames', [])
  const frames = Float32Array.from({ length: 12 }, (_, i) => i / 6)
  const expected = await meansOf(frames, encoders.frames as typeof encoders.direct)
  const list = await predict(trained, [frames, Uint8Array.from({ length: 12 }, (_, i) => i), frames])
  expect(list).toHaveLength(3)
  expect([...list[0].outputs]).toEqual(expected.map((value) => expect.closeTo(value, 5)))
  expect([...list[2].outputs]).toEqual([...list[0].outputs])
  await expect(predict(trained, new Float32Array(4))).rejects.toThrow(/expected 12 values/)
})

test('a network without a record needs T, and says what fits', async () => {
  const net = network()
  await expect(predict(net, new Float32Array(4))).rejects.toThrow(/time steps is not known/)
  await expect(predict(net, [new Float32Array(5)], { T })).rejects.toThrow(/4 values, \[2, 2, 1\], or 12 values/)
  expect(await predict(net, [], { T })).toEqual([])
  expect(net.backend).toBe(null)
})

test('a saved network comes back with its parameters and what it knows of samples', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spikelet-network-'))
  try {
    const file = join(folder, 'net.safetensors')
    const net = network()
    await saveNetwork(net, file, { T, classes: ['a', 'b'], transforms: [normalise([0.5], [0.25])] })
    const sample = Float32Array.of(0, 0.25, 0.5, 1)
    const before = await predict(net, sample, { T, transforms: [normalise([0.5], [0.25])] })
    const after = await predict(await loadNetwork(file), sample)
    expect(after).toEqual({ ...before, name: ['a', 'b'][before.label] })
    expect((await loadNetwork(await readFile(file))).net.config).toEqual(net.config)
    await expect(loadNetwork(join(folder, 'none'))).rejects.toThrow(/none/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
