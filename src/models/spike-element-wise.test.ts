import { expect, test } from 'vitest'
import { type Backend, createInterpreter, createWasm } from '../backends/index.ts'
import { hashedUniform } from '../base/index.ts'
import { iLif, lif } from '../neurons/index.ts'
import { Conv2d, Network, Sequential, Spiking } from '../nn/index.ts'
import { tensorOf } from '../tensor/index.ts'
import { type Connect, SpikeElementWiseBlock } from './spike-element-wise.ts'

const backends: [string, () => Promise<Backend>][] = [
  ['interpreter', async () => createInterpreter()],
  ['wasm', () => createWasm()],
]

const rules: { readonly [connect in Connect]: (a: number, b: number) => number } = {
  add: (a, b) => a + b,
  and: (a, b) => a * b,
  iand: (a, b) => (1 - a) * b,
}

function network(connect: Connect, strided: boolean, neuron = lif({ threshold: 0.4 })): Network {
  const convolution = (stride: number) => new Conv2d({ channels: 8, kernelSize: 3, stride, padding: 1, bias: false })
  const options = { input: [6, 6, 8], classes: 1, neuron }
  return new Network({
    name: 'block',
    input: [6, 6, 8],
    layer: new Sequential([
      new Spiking({ neuron }),
      new SpikeElementWiseBlock(options, {
        connect,
        convolutions: [convolution(strided ? 2 : 1), convolution(1)],
        shortcut: strided ? new Conv2d({ channels: 8, kernelSize: 1, stride: 2, bias: false }) : null,
      }),
    ]),
  })
}

const cases = backends.flatMap(([name, open]) =>
  (['add', 'and', 'iand'] as const).flatMap((connect) =>
    [false, true].map((strided) => [name, connect, strided, open] as const),
  ),
)

test.each(cases)('on %s, %s, strided: %s: spikes meet those of the shortcut', async (_, connect, strided, open) => {
  const backend = await open()
  const net = network(connect, strided)
  await net.place(backend)
  const seen = new Map<string, PromiseLike<ArrayLike<number>>>()
  const x = tensorOf(
    backend,
    [3, 2, 6, 6, 8],
    hashedUniform(3 * 2 * 288, 4).map((v) => 1.5 * v),
  )
  const output = net.forward(x, {
    ...{ backend, tape: null, training: true, T: 3, key: 0 },
    observe: (path, value) => void seen.set(path, backend.read(value.handle)),
  })
  const [a, b] = [await seen.get('1.sn2'), await seen.get(strided ? '1.shortcut_sn' : '0')]
  const expected = Array.from(a as ArrayLike<number>, (value, i) => rules[connect](value, (b as ArrayLike<number>)[i]))
  expect(Math.max(...expected)).toBeGreaterThan(0)
  expect([...(await backend.read(output.handle))]).toEqual(expected)
  if (connect !== 'add') expect(output.handle.kind).toBe('spikes')
  await backend.close()
})

test.each(['and', 'iand'] as const)('counts that meet by %s are multiplied as numbers', async (connect) => {
  const backend = await createWasm()
  const net = network(connect, false, iLif({ D: 3 }))
  await net.place(backend)
  const seen = new Map<string, PromiseLike<ArrayLike<number>>>()
  const x = tensorOf(
    backend,
    [2, 1, 6, 6, 8],
    hashedUniform(2 * 288, 5).map((v) => 3 * v),
  )
  const output = net.forward(x, {
    ...{ backend, tape: null, training: true, T: 2, key: 0 },
    observe: (path, value) => void seen.set(path, backend.read(value.handle)),
  })
  const [a, b] = [await seen.get('1.sn2'), await seen.get('0')]
  const expected = Array.from(a as ArrayLike<number>, (value, i) => rules[connect](value, (b as ArrayLike<number>)[i]))
  const got = await backend.read(output.handle)
  expected.forEach((value, i) => void expect(got[i]).toBeCloseTo(value, 6))
  expect(Math.max(...expected)).toBeGreaterThan(1)
  await backend.close()
})
