import { describe, expect, test } from 'vitest'
import { type Backend, createInterpreter, createWasm } from '../../backends/index.ts'
import { hashedUniform, sizeOf } from '../../base/index.ts'
import { tetLoss } from '../../losses/index.ts'
import { lif } from '../../neurons/index.ts'
import { tensorOf } from '../../tensor/index.ts'
import { sgd, trainingStep, Updates } from '../../train/index.ts'
import { networkFromConfig } from '../config.ts'
import type { Layer } from '../layer.ts'
import { Network } from '../network.ts'
import { Delay } from './delay.ts'
import { Flatten } from './flatten.ts'
import { GroupNorm } from './group-norm.ts'
import { Linear } from './linear.ts'
import { Sequential } from './sequential.ts'
import { Spiking } from './spiking.ts'
import { Upsample } from './upsample.ts'

const backends: [string, () => Promise<Backend>][] = [
  ['interpreter', async () => createInterpreter()],
  ['wasm', () => createWasm()],
]

async function through(backend: Backend, layer: Layer, input: readonly number[], T: number, x: ArrayLike<number>) {
  const net = new Network({ name: 'one', input, layer })
  await net.place(backend)
  expect(networkFromConfig(JSON.parse(JSON.stringify(net.config))).config).toEqual(net.config)
  const y = net.forward(tensorOf(backend, [T, x.length / T / sizeOf(input), ...input], x), {
    ...{ backend, tape: null, training: false, T, key: 0 },
  })
  return { net, values: await backend.read(y.handle), shape: y.shape }
}

describe.each(backends)('on %s', (_, open) => {
  test('a delay gives each channel later, between steps a mixture', async () => {
    const backend = await open()
    const x = hashedUniform(6 * 2 * 3, 3)
    const delays = [0, 2, 1.25]
    const { values } = await through(backend, new Delay({ most: 3, start: delays }), [3], 6, x)
    const at = (t: number, i: number) => (t < 0 ? 0 : Math.fround(x[t * 6 + i]))
    for (let t = 0; t < 6; t++)
      for (let i = 0; i < 6; i++) {
        const d = delays[i % 3]
        const k = Math.floor(d)
        expect(values[t * 6 + i]).toBeCloseTo((1 - (d - k)) * at(t - k, i) + (d - k) * at(t - k - 1, i), 6)
      }
    await backend.close()
  })

  test('a stream of delayed frames is the sequence', async () => {
    const backend = await open()
    const x = hashedUniform(5 * 3, 4)
    const { net, values } = await through(backend, new Delay({ most: 2, start: [1, 2, 0.5] }), [3], 5, x)
    const stream = net.stream()
    for (let t = 0; t < 5; t++)
      expect([...(await stream.step(x.slice(3 * t, 3 * t + 3)))]).toEqual([...values.slice(3 * t, 3 * t + 3)])
    stream.close()
    await backend.close()
  })

  test('learned delays move within their bounds, others stay', async () => {
    const backend = await open()
    const train = async (learned: boolean) => {
      const layer = new Sequential([
        new Delay({ most: 3, start: 'uniform(0, 3)', learned }),
        new Spiking({ neuron: lif() }),
        new Linear({ features: 2 }),
      ])
      const net = new Network({ name: 'late', input: [4], layer })
      expect(net.parameters().some(({ path }) => path === '0.d')).toBe(learned)
      const before = [...net.parameter('0.d').values]
      await net.place(backend)
      const updates = new Updates(net, backend, sgd({ momentum: 0 }))
      const batch = {
        images: Float32Array.from(hashedUniform(5 * 4 * 4, 6), (v) => 2 * v),
        labels: Int32Array.of(0, 1, 0, 1),
      }
      const encode = Object.assign(() => ({ kind: 'dense' as const, shape: [5, 4, 4], values: batch.images }), {})
      await trainingStep(net, batch, {
        ...{ backend, T: 5, loss: tetLoss(), key: 1, updates, learningRate: 50, encode: encode as never },
      })
      await net.pull()
      return { before, after: [...net.parameter('0.d').values] }
    }
    const fixed = await train(false)
    expect(fixed.after.map(Math.fround)).toEqual(fixed.before.map(Math.fround))
    const { before, after } = await train(true)
    expect(after).not.toEqual(before)
    expect(after.every((d) => d >= 0 && d <= 3)).toBe(true)
    await backend.close()
  })

  test('an image enlarged repeats its pixels', async () => {
    const backend = await open()
    const x = hashedUniform(2 * 2 * 3 * 2, 5)
    const { values, shape } = await through(backend, new Upsample({ factor: [2, 3] }), [2, 3, 2], 2, x)
    expect(shape).toEqual([2, 1, 4, 9, 2])
    values.forEach((value, i) => {
      const [c, column, row, t] = [i % 2, Math.floor(i / 2) % 9, Math.floor(i / 18) % 4, Math.floor(i / 72)]
      expect(value).toBeCloseTo(x[((t * 2 + Math.floor(row / 2)) * 3 + Math.floor(column / 3)) * 2 + c], 6)
    })
    await backend.close()
  })

  test('group normalisation makes mean 0 and deviation 1 of every sample', async () => {
    const backend = await open()
    const layer = new Sequential([new GroupNorm({ groups: 2 }), new Flatten()])
    const { values } = await through(backend, layer, [3, 3, 4], 2, hashedUniform(2 * 2 * 36, 6))
    for (let row = 0; row < 4; row++)
      for (const group of [0, 1]) {
        const own = [...values.slice(row * 36, row * 36 + 36)].filter((_, i) => Math.floor((i % 4) / 2) === group)
        const mean = own.reduce((sum, v) => sum + v, 0) / 18
        expect(Math.abs(mean)).toBeLessThan(1e-5)
        expect(own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 18).toBeCloseTo(1, 2)
      }
    await backend.close()
  })
})

test.each([
  [() => new Delay({ most: 0 }), /a longest delay out of range/],
  [() => new Delay({ most: 2, start: 3 }), /outside of its bounds/],
  [() => new Upsample({ factor: 0 }), /cannot be enlarged/],
  [() => new Network({ name: 'n', input: [4], layer: new Upsample({ factor: 2 }) }), /only images/],
])('%#: what is out of range is refused', (make, message) => {
  expect(make).toThrow(message)
})
