import { expect, test } from 'vitest'
import { createInterpreter, createWasm } from '../backends/index.ts'
import { sgd } from './optimiser.ts'
import type { OwnOptimiser, OwnStep } from './own-optimiser.ts'
import { MemoryRunStore } from './run-store.ts'
import type { TrainOptions } from './settings.ts'
import { tickingHost, tinyDatasets, tinyNetwork } from './testing/tiny.ts'
import { train } from './train.ts'

const data = tinyDatasets()

async function trained(optimiser: TrainOptions['optimiser'], changes: Partial<TrainOptions> = {}) {
  const network = tinyNetwork()
  const options = { backend: createInterpreter(), host: tickingHost(), T: 2, epochs: 2, batch: 9, ...changes }
  const result = await train(network, data, { ...options, ...(optimiser ? { optimiser } : {}) })
  return { result, values: network.parameters().map((p) => [...p.values]) }
}

/** Momentum and weight decay by hand, as `sgd()` has them, rounded by `round` after each operation. */
const byHand = (round: (value: number) => number): OwnOptimiser => ({
  name: 'by hand',
  learningRate: 0.1,
  remembers: 1,
  options: { momentum: 0.9 },
  step(values, gradient, { learningRate, memory: [velocity] }) {
    const [momentum, decay, rate] = [0.9, 5e-5, learningRate].map(round)
    for (let i = 0; i < values.length; i++) {
      const g = round(gradient[i] + round(decay * values[i]))
      velocity[i] = round(round(momentum * velocity[i]) + g)
      values[i] = round(values[i] - round(rate * velocity[i]))
    }
  },
})

test('SGD by hand equals the built-in one to the bit, on the interpreter and in WebAssembly', async () => {
  const exact = byHand((value) => value)
  expect((await trained(exact)).values).toEqual((await trained(sgd())).values)
  expect((await trained(exact, { accumulate: 2 })).values).toEqual((await trained(sgd(), { accumulate: 2 })).values)
  const wasm = await createWasm({ threads: 1 })
  try {
    const own = await trained(byHand(Math.fround), { backend: wasm })
    expect(own.values).toEqual((await trained(sgd(), { backend: wasm })).values)
  } finally {
    await wasm.close()
  }
})

test('what it remembers lies in the checkpoint: a stopped run goes on with the same bits', async () => {
  const own = byHand((value) => value)
  const whole = await trained(own)
  const store = new MemoryRunStore()
  let updates = 0
  const stop = {
    get aborted() {
      return updates >= 4
    },
  }
  await trained(own, { store, stop, hooks: { onUpdate: () => void updates++ } })
  await expect(trained(sgd(), { store, resume: true })).rejects.toThrow(/another optimiser/)
  expect((await trained(own, { store, resume: true })).values).toEqual(whole.values)
  expect(whole.result.config.optimiser).toEqual({ name: 'by hand', weightDecay: 0, momentum: 0.9, learningRate: 0.1 })
})

test('a function alone gets the schedule’s factor, the update and the parameter’s name', async () => {
  const seen: [number, number, string][] = []
  const watch: OwnStep = (_values, _gradient, { learningRate, update, path }) => {
    seen.push([learningRate, update, path])
  }
  const { result } = await trained(watch, { epochs: 1, schedule: ({ update }) => 1 / (1 + update) })
  const paths = new Set(seen.map(([, , path]) => path))
  expect(seen.filter(([, , path]) => path === seen[0][2]).map(([rate, update]) => [rate, update])).toEqual([
    [1, 1],
    [1 / 2, 2],
    [1 / 3, 3],
  ])
  expect(paths.size).toBeGreaterThan(3)
  expect(result.config.optimiser).toMatchObject({ name: 'watch' })
})

test('what it must not do is refused', async () => {
  const step: OwnStep = (values) => void values.fill(Number.NaN)
  await expect(trained(step)).rejects.toThrow(/step left a value that is not finite[\s\S]*update 1/)
  await expect(trained({ name: 'one', step, learningRate: -1 })).rejects.toThrow(/learningRate out of range/)
  await expect(trained({ name: 'one', step, remembers: 0.5 })).rejects.toThrow(/remembers out of range/)
})
