import { describe, expect, test } from 'vitest'
import { type Backend, createInterpreter, createWasm } from '../backends/index.ts'
import { hashedUniform } from '../base/index.ts'
import { iLif, lif } from '../neurons/index.ts'
import { type Layer, Network } from '../nn/index.ts'
import { tensorOf } from '../tensor/index.ts'
import { modelFromConfig, modelNamed, SpikingSelfAttention, TokenAttention } from './index.ts'

const cifar = { input: [32, 32, 3], neuron: lif() }

describe('parameters in millions, as published', () => {
  test.each([
    ['spikformer-2-384', 10, 5.76],
    ['spikformer-4-256', 10, 4.15],
    ['spikformer-4-384', 10, 9.32],
    ['qkformer-4-384', 100, 6.74],
  ])('%s for %i classes has %f', (name, classes, millions) => {
    const network = modelNamed(name)({ ...cifar, classes })
    const { parameters } = network.summary({ T: 1, batch: 1 })
    expect(Math.floor(parameters / 1e4) / 100).toBe(millions)
    expect(modelFromConfig(JSON.parse(JSON.stringify(network.config))).config).toEqual(network.config)
  })
})

const backends: [string, () => Promise<Backend>][] = [
  ['interpreter', async () => createInterpreter()],
  ['wasm', () => createWasm()],
]

const [T, N, H, W, C, heads] = [2, 2, 3, 4, 8, 2]
const size = C / heads
const threshold = 0.3

/** Runs a layer, and gives what its neurons gave by path, and what the gate received. */
async function seen(backend: Backend, layer: Layer) {
  const net = new Network({ name: 'attention', input: [H, W, C], layer })
  await net.place(backend)
  const values = new Map<string, PromiseLike<ArrayLike<number>>>()
  const currents = new Map<string, PromiseLike<ArrayLike<number>>>()
  const x = tensorOf(
    backend,
    [T, N, H, W, C],
    hashedUniform(T * N * H * W * C, 4).map((v) => 2 * v),
  )
  net.forward(x, {
    ...{ backend, tape: null, training: true, T, key: 0 },
    observe: (path, value) => void values.set(path, backend.read(value.handle)),
    inspect: (path, value) => void currents.set(path, backend.read(value.handle)),
  })
  const read = async (from: Map<string, PromiseLike<ArrayLike<number>>>, name: string) =>
    (await from.get(name)) as ArrayLike<number>
  return { net, spikes: (name: string) => read(values, name), current: (name: string) => read(currents, name) }
}

describe.each(backends)('on %s', (_, open) => {
  test.each([
    ['lif', lif({ threshold })],
    ['i-lif', iLif({ threshold, D: 3 })],
  ])('self-attention of %s sums the products of queries, keys and values', async (_, neuron) => {
    const backend = await open()
    const options = { input: [H, W, C], classes: 1, neuron }
    const run = await seen(backend, new SpikingSelfAttention(options, { channels: C, heads, bias: true }))
    const [q, k, v] = [await run.spikes('q_sn'), await run.spikes('k_sn'), await run.spikes('v_sn')]
    const current = await run.current('attn_sn')
    const at = (row: number, place: number, c: number) => (row * H * W + place) * C + c
    let largest = 0
    for (let row = 0; row < T * N; row++)
      for (let i = 0; i < H * W; i++)
        for (let c = 0; c < C; c++) {
          const first = Math.floor(c / size) * size
          let sum = 0
          for (let j = 0; j < H * W; j++)
            for (let d = first; d < first + size; d++) sum += q[at(row, i, d)] * k[at(row, j, d)] * v[at(row, j, c)]
          largest = Math.max(largest, sum)
          expect(current[at(row, i, c)]).toBeCloseTo(sum / 4, 5)
        }
    expect(largest).toBeGreaterThan(1)
    await backend.close()
  })

  test.each([
    ['lif', lif({ threshold })],
    ['i-lif', iLif({ threshold, D: 3 })],
  ])('token attention of %s lets keys pass where queries of their place and head fire', async (_, neuron) => {
    const backend = await open()
    const options = { input: [H, W, C], classes: 1, neuron }
    const layer = new TokenAttention(options, { channels: C, heads })
    const run = await seen(backend, layer)
    const [q, gate] = [await run.spikes('q_sn'), await run.current('attn_sn')]
    expect(gate.length).toBe(T * N * H * W * heads)
    Array.from(gate).forEach((value, i) => {
      let sum = 0
      for (let d = 0; d < size; d++) sum += q[i * size + d]
      expect(value).toBeCloseTo(2 * sum, 5)
    })
    expect(new Set(Array.from(gate, Math.round)).size).toBeGreaterThan(2)
    const [k, opened, projected] = [await run.spikes('k_sn'), await run.spikes('attn_sn'), await run.current('proj_sn')]
    const weight = run.net.parameter('proj_conv.weight').values
    const bias = run.net.parameter('proj_conv.bias').values
    for (let row = 0; row < T * N * H * W; row++)
      for (let c = 0; c < C; c++) {
        let sum = bias[c]
        for (let d = 0; d < C; d++)
          sum += weight[d * C + c] * k[row * C + d] * opened[row * heads + Math.floor(d / size)]
        expect(projected[row * C + c]).toBeCloseTo(sum, 5)
      }
    await backend.close()
  })
})

test('channels that heads do not divide are refused', () => {
  const options = { input: [H, W, C], classes: 1, neuron: lif() }
  const build = (layer: Layer) => () => new Network({ name: 'n', input: [H, W, C], layer })
  expect(build(new SpikingSelfAttention(options, { channels: C, heads: 3, bias: true }))).toThrow(/multiple of 3 heads/)
  expect(build(new TokenAttention(options, { channels: 4, heads: 2 }))).toThrow(/token attention does not fit/)
})
