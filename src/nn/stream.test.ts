import { expect, test } from 'vitest'
import { createInterpreter } from '../backends/index.ts'
import { lif } from '../neurons/index.ts'
import { tensorOf } from '../tensor/index.ts'
import { Linear, Sequential, Spiking } from './layers/index.ts'
import { Network } from './network.ts'

const layer = () =>
  new Sequential([new Linear({ features: 4 }), new Spiking({ neuron: lif() }), new Linear({ features: 2 })])

test('a stream gives step by step what a sequence gives at once, and begins anew after restart', async () => {
  const backend = createInterpreter()
  const net = new Network({ name: 'net', input: [3], layer: layer() })
  await net.place(backend)
  const frames = Array.from({ length: 5 }, (_, t) => [t, 3 - t, 2, 1, t, t])
  const whole = net.forward(tensorOf(backend, [5, 2, 3], frames.flat()), {
    backend,
    tape: null,
    training: false,
    T: 5,
    key: 0,
  })
  const expected = [...(await backend.read(whole.handle))]
  const stream = net.stream({ samples: 2 })
  for (let round = 0; round < 2; round++) {
    const got: number[] = []
    for (const frame of frames) got.push(...(await stream.step(frame)))
    expect(got).toEqual(expected)
    expect(stream.position).toBe(5)
    stream.restart()
  }
})

test('a stream refuses frames of another size, a network on no backend, and work after its end', async () => {
  const net = new Network({ name: 'net', input: [3], layer: layer() })
  const stream = net.stream()
  await expect(stream.step([1, 2, 3])).rejects.toThrow(/on no backend/)
  await net.place(createInterpreter())
  await expect(stream.step([1, 2])).rejects.toThrow(/does not fit/)
  stream.close()
  await expect(stream.step([1, 2, 3])).rejects.toThrow(/closed/)
  expect(() => net.stream({ samples: 0 })).toThrow(/samples out of range/)
})
