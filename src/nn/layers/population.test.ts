import { expect, test } from 'vitest'
import { createInterpreter, createWasm } from '../../backends/index.ts'
import { hashedUniform } from '../../base/index.ts'
import { lif } from '../../neurons/index.ts'
import { tensorOf } from '../../tensor/index.ts'
import { networkFromConfig } from '../config.ts'
import { Network } from '../network.ts'
import { Population } from './population.ts'
import { Sequential } from './sequential.ts'
import { Spiking } from './spiking.ts'

const network = (size: number) =>
  new Network({
    name: 'voting',
    input: [12],
    layer: new Sequential([new Spiking({ neuron: lif() }), new Population({ size })]),
  })

test.each([
  ['interpreter', createInterpreter],
  ['wasm', createWasm],
])('is the mean of neighbouring outputs, on %s', async (_, open) => {
  const backend = await open()
  const net = network(4)
  expect(net.output).toEqual([3])
  await net.place(backend)
  const x = tensorOf(
    backend,
    [2, 3, 12],
    hashedUniform(72, 3).map((v) => 2 * v),
  )
  let spikes: ArrayLike<number> = []
  const reads: Promise<void>[] = []
  const logits = net.forward(x, {
    ...{ backend, tape: null, training: false, T: 2, key: 0 },
    observe: (_path, output) =>
      void reads.push(
        backend.read(output.handle).then((values) => {
          spikes = values
        }),
      ),
  })
  const got = await backend.read(logits.handle)
  await Promise.all(reads)
  const expected = Array.from({ length: 18 }, (_, i) => {
    const from = 12 * Math.floor(i / 3) + 4 * (i % 3)
    return (spikes[from] + spikes[from + 1] + spikes[from + 2] + spikes[from + 3]) / 4
  })
  expect(new Set(expected).size).toBeGreaterThan(2)
  got.forEach((value, i) => void expect(value).toBeCloseTo(expected[i], 6))
  expect(networkFromConfig(JSON.parse(JSON.stringify(net.config))).config).toEqual(net.config)
  await backend.close()
})

test('refuses outputs that make no whole populations', () => {
  expect(() => network(5)).toThrow(/outputs do not make whole populations/)
  expect(() => new Population({ size: 0 })).toThrow(/a population has no such size/)
})
