import { describe, expect, test } from 'vitest'
import { Tape } from '../../autograd/index.ts'
import { type Backend, createInterpreter, createWasm } from '../../backends/index.ts'
import { hashedUniform, sizeOf } from '../../base/index.ts'
import { clif } from '../../neurons/index.ts'
import { inputTensor, tensorOf } from '../../tensor/index.ts'
import { networkFromConfig } from '../config.ts'
import type { Layer } from '../layer.ts'
import { Network } from '../network.ts'
import type { NetworkState } from '../run.ts'
import { Conv2d } from './conv2d.ts'
import { Flatten } from './flatten.ts'
import { Graph } from './graph.ts'
import { Linear } from './linear.ts'
import { Residual } from './residual.ts'
import { Sequential } from './sequential.ts'
import { Spiking } from './spiking.ts'

const T = 4
const input = [6, 6, 2]

const parts = () => ({
  stem: new Conv2d({ channels: 4, kernelSize: 3, padding: 1 }),
  first: new Spiking({ neuron: clif(), normalisation: 'perStep' }),
  body: new Conv2d({ channels: 4, kernelSize: 3, padding: 1 }),
  second: new Spiking({ neuron: clif() }),
  flat: new Flatten(),
  fc: new Linear({ features: 3 }),
})

function asGraph(): Network {
  const { stem, first, body, second, flat, fc } = parts()
  const layer = new Graph(
    [
      { name: 'stem', layer: stem, from: ['input'] },
      { name: 'first', layer: first, from: ['stem'] },
      { name: 'body', layer: body, from: ['first'] },
      { name: 'second', layer: second, from: ['body', 'first'] },
      { name: 'flat', layer: flat, from: ['second'] },
      { name: 'fc', layer: fc, from: ['flat'] },
    ],
    'fc',
  )
  return filled(new Network({ name: 'graph', input, layer }))
}

function asSequence(): Network {
  const { stem, first, body, second, flat, fc } = parts()
  const layers: Layer[] = [stem, first, new Residual(body), second, flat, fc]
  return filled(new Network({ name: 'sequence', input, layer: new Sequential(layers) }))
}

/** The same numbers in the same order, whatever the names. */
function filled(network: Network): Network {
  for (const [key, p] of network.parameters().entries()) {
    p.set(hashedUniform(p.values.length, key + 1).map((u) => (p.shape.length > 1 ? 2 * u - 0.8 : u + 0.2)))
  }
  return network
}

const x = hashedUniform(T * 2 * sizeOf(input), 9)

/** Logits, and the gradients of all parameters. */
async function trained(network: Network, backend: Backend): Promise<number[][]> {
  await network.place(backend)
  backend.beginStep()
  const tape = new Tape(backend)
  const logits = network.forward(tensorOf(backend, [T, 2, ...input], x), { backend, tape, training: true, T, key: 0 })
  tape.keep(logits)
  const found = tape.backward(logits, backend.tensor(logits.shape, hashedUniform(sizeOf(logits.shape), 7)))
  const read = async (handle: Parameters<Backend['read']>[0]) => Array.from(await backend.read(handle))
  const values = [await read(logits.handle)]
  for (const parameter of network.parameters()) values.push(await read(found.get(parameter.on(backend))!))
  backend.endStep()
  return values
}

describe.each([
  ['interpreter', async () => createInterpreter(), 12],
  ['wasm', () => createWasm(), 4],
] as [string, () => Promise<Backend>, number][])('a graph of layers on %s', (_, open, digits) => {
  test('gives the logits and gradients of the same layers in a sequence with a residual', async () => {
    const backend = await open()
    const [graph, sequence] = [await trained(asGraph(), backend), await trained(asSequence(), backend)]
    expect(graph.map((values) => values.length)).toEqual(sequence.map((values) => values.length))
    graph.forEach((values, k) => {
      expect(values.some((value) => value !== 0)).toBe(true)
      values.forEach((value, i) => {
        expect(value).toBeCloseTo(sequence[k][i], digits)
      })
    })
    await backend.close()
  })

  test('step by step it is the whole sequence', async () => {
    const backend = await open()
    const network = asGraph()
    await network.place(backend)
    const run = { backend, tape: null, training: false, T, key: 0 }
    const whole = await backend.read(network.forward(tensorOf(backend, [T, 2, ...input], x), run).handle)
    let state: NetworkState | null = null
    for (let t = 0; t < T; t++) {
      const frame = backend.tensor([1, 2, ...input], x.subarray((t * x.length) / T, ((t + 1) * x.length) / T))
      const next: ReturnType<typeof network.step> = network.step(inputTensor(frame), state)
      if (state) network.releaseState(state)
      state = next.state
      const got = await backend.read(next.output.handle)
      got.forEach((value, i) => {
        expect(value).toBeCloseTo(whole[t * 6 + i], digits)
      })
    }
    await backend.close()
  })
})

test('a graph comes back from its configuration, by the same names', () => {
  const network = asGraph()
  const again = networkFromConfig(structuredClone(network.config))
  expect(again.parameters().map(({ path }) => path)).toEqual(network.parameters().map(({ path }) => path))
  expect(network.parameters()[2].path).toBe('first_norm.weight')
  expect(again.config).toEqual(network.config)
})

test('what was not computed before, and names that are taken, are refused', () => {
  const linear = () => new Linear({ features: 2 })
  const node = (name: string, ...from: string[]) => ({ name, layer: linear(), from })
  expect(() => new Graph([node('a', 'b'), node('b', 'input')], 'b')).toThrow(/not computed before[\s\S]*"a"/)
  expect(() => new Graph([node('a', 'input'), node('a', 'input')], 'a')).toThrow(/two nodes "a"/)
  expect(() => new Graph([node('a', 'input')], 'z')).toThrow(/output[\s\S]*got {6}z/)
  expect(() => new Graph([node('a')], 'a')).toThrow(/nothing/)
})
