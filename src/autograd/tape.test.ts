import { describe, expect, test } from 'vitest'
import { createInterpreter } from '../backends/index.ts'
import { lif } from '../neurons/index.ts'
import { add, conv2d, dropout, pool, reshape, spiking } from '../ops/index.ts'
import { parameterTensor, tensorOf } from '../tensor/index.ts'
import { Tape } from './tape.ts'

const plain = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const

/** Neurons of the given currents and a 1x1 convolution behind them. */
function chain() {
  const backend = createInterpreter()
  const tape = new Tape(backend)
  const scope = { backend, tape }
  const x = parameterTensor(backend.tensor([2, 1, 1, 1, 3], [0.2, 0.9, 3, 0.3, 0.7, 1.4]))
  const weight = parameterTensor(backend.tensor([1, 1, 3, 1], [1, 2, 3]))
  const call = { neuron: lif(), T: 2, parameters: [], normalisation: null, state: null, wantState: false }
  const { output: spikes } = spiking(scope, x, call)
  return { backend, tape, scope, x, weight, spikes }
}

describe('a tape', () => {
  test('sums gradients where a tensor is used more than once', async () => {
    const backend = createInterpreter()
    const tape = new Tape(backend)
    const x = parameterTensor(backend.tensor([1, 1, 2], [1, 2]))
    const double = add({ backend, tape }, x, x)
    const four = add({ backend, tape }, double, reshape({ backend, tape }, double, [1, 1, 2]))
    const gradients = tape.backward(four, backend.tensor([1, 1, 2], [1, 10]))
    expect(Array.from(await backend.read(gradients.get(x)!))).toEqual([4, 40])
  })

  test('asks for gradients of spikes at open windows only, unless they are wanted', async () => {
    for (const wanted of [false, true]) {
      const { backend, tape, scope, weight, spikes } = chain()
      if (wanted) tape.want(spikes)
      const y = conv2d(scope, spikes, weight, null, null, plain)
      const open = Array.from(await backend.readBytes(spikes.handle), (byte) => byte >> 1)
      expect(open).toContain(0)
      const gradients = tape.backward(y, backend.tensor(y.shape, [1, 1]))
      const result = gradients.get(spikes)
      expect(result !== undefined).toBe(wanted)
      if (result) expect(Array.from(await backend.read(result))).toEqual([1, 2, 3, 1, 2, 3])
    }
  })

  test('the input gradient is the same whether spikes give theirs at open windows or everywhere', async () => {
    const results = []
    for (const wanted of [false, true]) {
      const { backend, tape, scope, x, weight, spikes } = chain()
      if (wanted) tape.want(spikes)
      const pooled = pool(scope, spikes, { kind: 'average', kernel: [1, 1], stride: [1, 1], padding: [0, 0] })
      const y = add(
        scope,
        conv2d(scope, spikes, weight, null, null, plain),
        conv2d(scope, pooled, weight, null, null, plain),
      )
      const gradients = tape.backward(y, backend.tensor(y.shape, [1, -2]))
      results.push(Array.from(await backend.read(gradients.get(x)!)))
    }
    expect(results[0]).toEqual(results[1])
    expect(results[0].some((value) => value !== 0)).toBe(true)
  })

  test('spikes that are wanted get their whole gradient through operations that pass bytes on', async () => {
    const { backend, tape, scope, weight, spikes } = chain()
    tape.want(spikes)
    const same = reshape(scope, dropout(scope, spikes, 0, 1), spikes.shape)
    const y = conv2d(scope, same, weight, null, null, plain)
    const gradients = tape.backward(y, backend.tensor(y.shape, [1, 1]))
    expect(Array.from(await backend.read(gradients.get(spikes)!))).toEqual([1, 2, 3, 1, 2, 3])
  })

  test('keeps an output that is kept, and releases the others', async () => {
    const { backend, tape, scope, weight, spikes } = chain()
    const y = conv2d(scope, spikes, weight, null, null, plain)
    tape.keep(y)
    const { handle } = spikes
    tape.backward(y, backend.tensor(y.shape, [1, 1]))
    expect((await backend.read(y.handle)).length).toBe(2)
    await expect(backend.readBytes(handle)).rejects.toThrow(/released/)
  })

  test('leaves inputs that want no gradient alone', async () => {
    const backend = createInterpreter()
    const tape = new Tape(backend)
    const x = tensorOf(backend, [1, 1, 2], [1, 2])
    const y = add({ backend, tape }, x, x)
    const gradients = tape.backward(y, backend.tensor([1, 1, 2], [1, 1]))
    expect(gradients.get(x)).toBe(undefined)
    expect((await backend.read(x.handle)).length).toBe(2)
  })

  test('wants a gradient to start from where the root is no loss', () => {
    const { tape, spikes } = chain()
    expect(() => tape.backward(spikes)).toThrow(/\[2, 1, 1, 1, 3\]/)
  })

  test('is walked back once', () => {
    const { backend, tape, x } = chain()
    tape.backward(x, backend.tensor(x.shape, null))
    expect(() => tape.backward(x, backend.tensor(x.shape, null))).toThrow(/walked back already/)
    expect(() => add({ backend, tape }, x, x)).toThrow(/walked back already/)
  })
})
