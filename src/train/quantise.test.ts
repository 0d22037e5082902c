import { expect, test } from 'vitest'
import { createInterpreter } from '../backends/index.ts'
import { wholeWeights } from '../nn/index.ts'
import { loadCheckpoint } from './checkpoint.ts'
import { sgd } from './optimiser.ts'
import { MemoryRunStore } from './run-store.ts'
import type { TrainOptions } from './settings.ts'
import { tickingHost, tinyDatasets, tinyNetwork, valuesOf } from './testing/tiny.ts'
import { train } from './train.ts'
import { Updates } from './updates.ts'

const data = tinyDatasets()

function options(more: Partial<TrainOptions>): TrainOptions {
  const backend = createInterpreter()
  return { backend, host: tickingHost(), T: 3, epochs: 3, batch: 8, seed: 5, validation: 'none', ...more }
}

/** Every weight rounded to 255 levels of its output channel, written out. */
function levels(values: ArrayLike<number>, channels: number): number[] {
  const columns = Array.from({ length: channels }, (_, c) => Array.from(values).filter((_, i) => i % channels === c))
  const steps = columns.map((column) => Math.fround(Math.max(...column.map(Math.abs)) / 127))
  return Array.from(values, (value, i) => Math.fround(Math.round(value / steps[i % channels]) * steps[i % channels]))
}

test('a gradient goes to the exact weights, and the network gets them rounded', async () => {
  const backend = createInterpreter()
  const network = tinyNetwork({ dropout: false, normalisation: null })
  await network.place(backend)
  const weight = network.parameter('3.weight')
  const bias = network.parameter('3.bias')
  const [exact, channels] = [Float64Array.from(weight.values), weight.shape[1]]
  const oldBias = Float64Array.from(bias.values)
  const updates = new Updates(network, backend, sgd({ momentum: 0, weightDecay: 0 }), ['0.*'], 'int8')
  expect(Array.from(weight.values)).toEqual(levels(exact, channels))
  const frozen = network.parameter('0.weight')
  expect(wholeWeights(frozen.values, frozen.shape[3], 'int8').whole.every(Number.isInteger)).toBe(true)
  const gradients = updates.parameters.map(({ shape, values }) =>
    backend.tensor(
      shape,
      values.map((_, i) => Math.sin(i + 1)),
    ),
  )
  for (let update = 1; update <= 3; update++) {
    await updates.apply(gradients, 0.001)
    await network.pull()
    const moved = exact.map((value, i) => value - 0.001 * update * Math.sin(i + 1))
    const expected = levels(moved, channels)
    weight.values.forEach((value, i) => void expect(value).toBeCloseTo(expected[i], 7))
    bias.values.forEach((v, i) => void expect(v).toBeCloseTo(oldBias[i] - 0.001 * update * Math.sin(i + 1), 12))
  }
})

test('a run learns with rounded weights, leaves them behind, and goes on to the same bits', async () => {
  const whole = tinyNetwork()
  const store = new MemoryRunStore()
  const result = await train(whole, data, options({ quantise: 'int8' }))
  expect(result.config.quantise).toBe('int8')
  expect(result.epochs[2].trainLoss).toBeLessThan(result.epochs[0].trainLoss)
  const { path, values, shape } = whole.parameters().find((one) => one.shape.length === 2)!
  const { whole: numbers, scale } = wholeWeights(values, shape[1], 'int8')
  values.forEach((value, i) => void expect(value / scale[i % shape[1]]).toBeCloseTo(numbers[i], 4))
  const stopping = {
    onUpdate: ({ update }: { update: number }, run: { stop(): void }) => void (update === 5 && run.stop()),
  }
  await train(tinyNetwork(), data, options({ quantise: 'int8', store, hooks: stopping }))
  expect([...loadCheckpoint((await store.readCheckpoint('last'))!).optimiser.keys()]).toContain(`exact.${path}`)
  const resumed = tinyNetwork({ seed: 99 })
  await train(resumed, data, options({ quantise: 'int8', store, resume: true }))
  expect(await valuesOf(resumed)).toEqual(await valuesOf(whole))
  await expect(train(tinyNetwork(), data, options({ store, resume: true }))).rejects.toThrow(/another quantise/)
})
