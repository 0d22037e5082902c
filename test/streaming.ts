import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Backend, createInterpreter } from '../src/backends/index.ts'
import { createWasm } from '../src/backends/wasm/index.ts'
import { hash32, hashedUniform, sizeOf } from '../src/base/index.ts'
import { models } from '../src/models/index.ts'
import { clif, lif, plif } from '../src/neurons/index.ts'
import type { Network, NetworkState } from '../src/nn/index.ts'
import { inputTensor, type Tensor, tensorOf } from '../src/tensor/index.ts'

/** Weights that make neurons fire in every layer, and running statistics that are not 0 and 1. */
function enliven(network: Network): void {
  for (const [i, p] of [...network.parameters(), ...network.buffers()].entries()) {
    const noise = hashedUniform(sizeOf(p.shape), i + 1)
    if (p.path.endsWith('running_mean')) p.set(noise.map((u) => 0.4 * u - 0.3))
    else if (p.path.endsWith('running_var')) p.set(noise.map((u) => 0.2 + 0.3 * u))
    else if (p.shape.length >= 2) p.set(Array.from(p.values, (value) => 2 * value))
  }
}

async function sequence(network: Network, backend: Backend, x: Tensor, T: number) {
  let active = 0
  const counts: Promise<void>[] = []
  const observe = (_: string, output: Tensor) => {
    counts.push(
      backend.read(backend.activity(output.handle)).then(([spikes]) => {
        if (spikes > 0) active++
      }),
    )
  }
  const output = network.forward(x, { backend, tape: null, training: false, T, key: 0, observe })
  const values = await backend.read(output.handle)
  await Promise.all(counts)
  if (T > 1) expect(active).toBe(counts.length)
  return values
}

async function stream(network: Network, backend: Backend, frames: readonly Tensor[]) {
  const outputs: number[] = []
  let state: NetworkState | null = null
  for (const frame of frames) {
    const given: NetworkState | null = state
    const before = given && (await contentOf(backend, given))
    const result = network.step(frame, given)
    outputs.push(...(await backend.read(result.output.handle)))
    if (given) {
      expect(await contentOf(backend, given)).toEqual(before)
      network.releaseState(given)
    }
    backend.release(result.output.handle)
    state = result.state
  }
  return outputs
}

async function contentOf(backend: Backend, state: NetworkState) {
  const content: { [path: string]: number[][] } = {}
  for (const [path, handles] of state.states) {
    content[path] = []
    for (const handle of handles) content[path].push(Array.from(await backend.read(handle)))
  }
  return content
}

const backends = {
  interpreter: async () => createInterpreter(),
  wasm: () => createWasm(),
}

/** Networks of each family that the paper trains, small. */
export const familiesOfNetworks = {
  'snn5 with PLIF and dropout': () => models.snn5({ input: [15, 17, 3], classes: 5, neuron: plif(), dropout: 0.2 }),
  'vgg11 with LIF, reset to a value': () => {
    return models.vgg11({ input: [32, 32, 1], classes: 3, neuron: lif({ reset: { hard: -0.1 } }) })
  },
  'resnet18 with CLIF': () => models.resnet18({ input: [8, 8, 3], classes: 4, neuron: clif() }),
}

type Size = readonly [T: number, batch: number]

/** Streams and sequences of networks, equal to the bit on both backends, for frames of events and for a still image. */
export function describeStreaming(
  networks: { readonly [name: string]: () => Network },
  /** [T, batch] for each backend; the oracle's bits do not depend on shapes, so that one is enough for it. */
  sizesOf: { readonly interpreter: readonly Size[]; readonly wasm: readonly Size[] },
): void {
  const used = (['interpreter', 'wasm'] as const).filter((name) => sizesOf[name].length > 0)
  describe.each(used)('on %s, a stream equals the sequence', (which) => {
    let backend: Backend
    beforeAll(async () => {
      backend = await backends[which]()
    })
    afterAll(() => backend.close())
    for (const [name, make] of Object.entries(networks)) {
      for (const [T, batch] of sizesOf[which]) {
        test(`${name}, T = ${T}, batch ${batch}`, async () => {
          const network = make()
          enliven(network)
          await network.place(backend)
          const frame = batch * sizeOf(network.input)
          const bytes = Uint8Array.from({ length: T * frame }, (_, i) => (hash32(i, 7) < 2 ** 30 ? 3 : 0))
          const cut = (t: number) => bytes.slice(t * frame, (t + 1) * frame)
          const place = (steps: number, b: Uint8Array) =>
            inputTensor(backend.spikes([steps, batch, ...network.input], b, 1))
          const events = await sequence(network, backend, place(T, bytes), T)
          const frames = Array.from({ length: T }, (_, t) => place(1, cut(t)))
          expect(await stream(network, backend, frames)).toEqual(Array.from(events))

          const still = tensorOf(backend, [1, batch, ...network.input], hashedUniform(frame, 9))
          const repeated = await sequence(network, backend, still, T)
          expect(await stream(network, backend, new Array<Tensor>(T).fill(still))).toEqual(Array.from(repeated))
          network.unplace()
        })
      }
    }
  })
}
