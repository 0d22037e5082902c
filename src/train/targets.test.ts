import { describe, expect, test } from 'vitest'
import { createInterpreter } from '../backends/index.ts'
import { Random } from '../base/index.ts'
import { arrayDataset, type Datasets } from '../data/index.ts'
import { rateLoss, tetLoss } from '../losses/index.ts'
import { lif } from '../neurons/index.ts'
import { Linear, Network, Sequential, Spiking } from '../nn/index.ts'
import { loadCheckpoint } from './checkpoint.ts'
import { evaluate } from './evaluate.ts'
import { adamW } from './optimiser.ts'
import { predict } from './predict.ts'
import { MemoryRunStore } from './run-store.ts'
import type { TrainOptions } from './settings.ts'
import { tickingHost } from './testing/tiny.ts'
import { train } from './train.ts'

const inputs = 4
const weights = [
  [0.8, -0.5, 0.3, 0.1],
  [-0.2, 0.4, 0.9, -0.7],
]

/** Random inputs, and two linear sums of each. */
function linear(length: number, seed: number) {
  const random = new Random(seed)
  const x = Float32Array.from({ length: length * inputs }, () => 2 * random.uniform() - 1)
  const sums = Array.from({ length }, (_, n) =>
    weights.map((row) => row.reduce((sum, weight, k) => sum + weight * x[n * inputs + k], 0)),
  )
  return { x, sums }
}

const shape = [inputs]

const regression = (): Datasets => {
  const side = (length: number, seed: number) => {
    const { x, sums } = linear(length, seed)
    return arrayDataset({ x, shape, y: Float32Array.from(sums.flat(), (sum) => 3 * sum + 1), classes: ['a', 'b'] })
  }
  return { name: 'sums', train: side(160, 1), test: side(60, 2), notes: [] }
}

const labels = (): Datasets => {
  const side = (length: number, seed: number) => {
    const { x, sums } = linear(length, seed)
    return arrayDataset({
      x,
      shape,
      y: sums.map((row) => row.flatMap((sum, k) => (sum > 0 ? [k] : []))),
      classes: ['a', 'b'],
    })
  }
  return { name: 'signs', train: side(160, 1), test: side(60, 2), notes: [] }
}

const network = () =>
  new Network({
    name: 'small',
    input: shape,
    seed: 2,
    layer: new Sequential([
      new Linear({ features: 24 }),
      new Spiking({ neuron: lif(), normalisation: null }),
      new Linear({ features: 2 }),
    ]),
  })

const options = (changes: Partial<TrainOptions> = {}): TrainOptions => ({
  backend: createInterpreter(),
  host: tickingHost(),
  T: 4,
  epochs: 12,
  batch: 16,
  optimiser: adamW({ learningRate: 0.03 }),
  ...changes,
})

const judging = () => ({ backend: createInterpreter(), host: tickingHost(), T: 4 })

describe('regression', () => {
  test('a small net learns two linear sums, and R2 stands where accuracy does', async () => {
    const store = new MemoryRunStore()
    const lines: string[] = []
    const data = regression()
    const result = await train(network(), data, options({ store, log: (line) => lines.push(line) }))
    expect(result.measure).toBe('R2')
    expect(result.final!.testAccuracy).toBeGreaterThan(0.9)
    expect(result.confusion).toEqual([])
    expect(lines.at(-1)).toMatch(/R2 0\.\d{3}, validation 0\.\d{3}/)
    expect((await store.lines('epochs')).at(-1)).toMatchObject({
      validationR2: result.epochs.at(-1)!.validationAccuracy,
    })
    expect((await store.lines('steps'))[0]).toHaveProperty('r2')
    expect(store.metrics[0]).toHaveProperty('trainR2')
    expect(store.curves.at(-1)!.values).toHaveProperty('epoch/validation R2')
    expect(result.config).toMatchObject({ dataset: { targets: 'numbers' }, loss: { name: 'squaredError' } })
    // The best checkpoint says the same of each sample, in numbers.
    const best = loadCheckpoint((await store.readCheckpoint('best'))!)
    const { x, sums } = linear(60, 2)
    const samples = Array.from({ length: 60 }, (_, n) => x.subarray(n * inputs, (n + 1) * inputs))
    const found = await predict(best, samples, { backend: createInterpreter() })
    expect(found[0]).toMatchObject({ kind: 'numbers', label: -1, name: '' })
    const goals = sums.map((row) => row.map((sum) => Math.fround(3 * sum + 1)))
    const r2 = [0, 1].map((k) => {
      const mean = goals.reduce((sum, row) => sum + row[k], 0) / 60
      const missed = goals.reduce((sum, row, n) => sum + (row[k] - found[n].outputs[k]) ** 2, 0)
      return 1 - missed / goals.reduce((sum, row) => sum + (row[k] - mean) ** 2, 0)
    })
    expect((r2[0] + r2[1]) / 2).toBeCloseTo(result.final!.testAccuracy, 9)
  })

  test('the loss is the mean squared error of the mean outputs', async () => {
    const data = regression()
    const net = network()
    const { loss, measure } = await evaluate(net, data.test, judging())
    const { x } = linear(60, 2)
    const found = await predict(
      net,
      Array.from({ length: 60 }, (_, n) => x.subarray(n * inputs, (n + 1) * inputs)),
      { T: 4, backend: createInterpreter() },
    )
    const { values } = data.test.targets!
    const squares = found.flatMap(({ outputs }, n) => [...outputs].map((one, k) => (one - values[2 * n + k]) ** 2))
    expect(measure).toBe('R2')
    expect(loss).toBeCloseTo(squares.reduce((sum, one) => sum + one, 0) / 120, 9)
  })

  test('a run that was stopped goes on with the same bits, and not with other targets', async () => {
    const whole = network()
    await train(whole, regression(), options({ epochs: 3 }))
    const parts = network()
    const store = new MemoryRunStore()
    let updates = 0
    const stop = {
      get aborted() {
        return updates >= 12
      },
    }
    await train(parts, regression(), options({ epochs: 3, store, stop, hooks: { onUpdate: () => void updates++ } }))
    await expect(train(parts, labels(), options({ epochs: 3, store, resume: true }))).rejects.toThrow(/another dataset/)
    await train(parts, regression(), options({ epochs: 3, store, resume: true }))
    expect(parts.parameters().map((p) => [...p.values])).toEqual(whole.parameters().map((p) => [...p.values]))
  })

  test('a constant target is met or missed', async () => {
    const y = new Float32Array(40).fill(2)
    const constant = arrayDataset({ x: linear(20, 1).x, shape, y, classes: ['a', 'b'] })
    const { accuracy } = await evaluate(network(), constant, judging())
    expect(accuracy).toBe(0)
  })
})

describe('several labels a sample', () => {
  test('a small net learns them, and tells those above one half', async () => {
    const store = new MemoryRunStore()
    const result = await train(network(), labels(), options({ store }))
    expect(result).toMatchObject({ measure: 'label accuracy', confusion: [] })
    expect(result.test!.accuracy).toBeGreaterThan(0.9)
    expect(result.test!.exactMatch).toBeLessThanOrEqual(result.test!.accuracy)
    expect(result.test!.exactMatch).toBeGreaterThan(0.75)
    const best = loadCheckpoint((await store.readCheckpoint('best'))!)
    const { x, sums } = linear(60, 2)
    const samples = Array.from({ length: 60 }, (_, n) => x.subarray(n * inputs, (n + 1) * inputs))
    const found = await predict(best, samples, { backend: createInterpreter() })
    const exact = found.filter(({ labels: own }, n) => [0, 1].every((k) => own.includes(k) === sums[n][k] > 0))
    expect(exact.length / 60).toBeCloseTo(result.test!.exactMatch!, 12)
    expect(found[0].shares.every((share) => share > 0 && share < 1)).toBe(true)
  })

  test('the loss is binary cross entropy, and its gradient that of finite differences', async () => {
    const { severalLabelsLoss } = await import('../losses/index.ts')
    const { own } = severalLabelsLoss()
    const batch = { labels: [0, 0], targets: [1, 0, 0, 1], T: 2, N: 2, classes: 2 }
    const logits = Float64Array.of(0.3, -1.2, 40, 0.5, 0.7, 0.1, -30, 2)
    const { value, gradient } = own!(logits, batch)
    const by = (z: number, y: number) =>
      -(y * Math.log(1 / (1 + Math.exp(-z))) + (1 - y) * Math.log(1 - 1 / (1 + Math.exp(-z))))
    const means = [0, 1, 2, 3].map((i) => (logits[i] + logits[i + 4]) / 2)
    expect(value).toBeCloseTo(means.reduce((sum, z, i) => sum + by(z, batch.targets[i]), 0) / 4, 9)
    for (let i = 0; i < 8; i++) {
      const at = (step: number) =>
        own!(
          logits.map((one, k) => (k === i ? one + step : one)),
          batch,
        ).value
      expect(gradient[i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 8)
    }
  })
})

test('losses, weights and mixing that do not fit the targets are refused, with the ones that do', async () => {
  const small = async (changes: Partial<TrainOptions>) => train(network(), regression(), options(changes))
  await expect(small({ loss: tetLoss() })).rejects.toThrow(/loss tet is made for one class[\s\S]*squaredErrorLoss\(\)/)
  await expect(small({ classWeights: 'balanced' })).rejects.toThrow(/classWeights needs one class/)
  await expect(small({ mixing: { mixup: 1 } })).rejects.toThrow(/mixing needs one class/)
  const mixed = { ...regression(), test: labels().test }
  await expect((async () => train(network(), mixed, options()))()).rejects.toThrow(/lead to different things/)
  await expect(evaluate(network(), labels().test, { ...judging(), loss: rateLoss() })).rejects.toThrow(/several labels/)
})

test('a loss of one’s own gets the targets', async () => {
  const seen: number[] = []
  const own = (logits: Float64Array, { targets }: { targets: ArrayLike<number> }) => {
    seen.push(...Array.from(targets))
    return { value: 1, gradient: new Float64Array(logits.length) }
  }
  await train(network(), regression(), options({ epochs: 1, loss: own }))
  const all = new Set(regression().train.targets!.values)
  expect(seen.some((value) => all.has(value))).toBe(true)
})
