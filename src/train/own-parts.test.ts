import { expect, test } from 'vitest'
import { createInterpreter } from '../backends/index.ts'
import { oneHot, rateLoss } from '../losses/index.ts'
import type { TrainOptions } from './settings.ts'
import { tickingHost, tinyDatasets, tinyNetwork } from './testing/tiny.ts'
import { train } from './train.ts'

const data = tinyDatasets()

async function trained(changes: Partial<TrainOptions>, network = tinyNetwork({ dropout: false })) {
  const options = { backend: createInterpreter(), host: tickingHost(), T: 2, epochs: 2, batch: 9, ...changes }
  const result = await train(network, data, options)
  return { result, values: network.parameters().flatMap((p) => [...p.values]) }
}

/** The mean logits' cross entropy by hand, as `rateLoss` has it. */
const byHand: NonNullable<TrainOptions['loss']> = (logits, { labels, T, N, classes }) => {
  const targets = oneHot(labels, classes)
  const gradient = new Float64Array(logits.length)
  let value = 0
  for (let n = 0; n < N; n++) {
    const mean = Array.from({ length: classes }, (_, k) => {
      let sum = 0
      for (let t = 0; t < T; t++) sum += logits[(t * N + n) * classes + k]
      return sum / T
    })
    const total = mean.reduce((sum, one) => sum + Math.exp(one), 0)
    value -= (mean[labels[n]] - Math.log(total)) / N
    for (let t = 0; t < T; t++)
      for (let k = 0; k < classes; k++)
        gradient[(t * N + n) * classes + k] = (Math.exp(mean[k]) / total - targets[n * classes + k]) / (T * N)
  }
  return { value, gradient }
}

test.each([1, 2])(
  'a loss of one’s own learns as the built-in one of the same maths, %i batches an update',
  async (accumulate) => {
    const own = await trained({ loss: byHand, accumulate })
    const builtIn = await trained({ loss: rateLoss(), accumulate })
    expect(own.values.length).toBe(builtIn.values.length)
    own.values.forEach((value, i) => void expect(value).toBeCloseTo(builtIn.values[i], 9))
    expect(own.result.test!.loss).toBeCloseTo(builtIn.result.test!.loss, 9)
    expect(own.result.config.loss).toMatchObject({ name: 'byHand' })
  },
)

test('a gradient of another size than the logits is refused', async () => {
  await expect(trained({ loss: () => ({ value: 1, gradient: [1] }) })).rejects.toThrow(
    /gradient of the loss[\s\S]*2 x 9 x 3/,
  )
})

test('a schedule of one’s own multiplies the learning rate, and must give a number', async () => {
  const halves = ({ update }: { update: number }) => 0.5 ** update
  const { result } = await trained({ schedule: halves })
  const updatesPerEpoch = 3
  expect(result.epochs.map(({ learningRate }) => learningRate)).toEqual([
    0.1 * 0.5 ** (updatesPerEpoch - 1),
    0.1 * 0.5 ** (2 * updatesPerEpoch - 1),
  ])
  expect(result.config.schedule).toEqual({ name: 'halves' })
  await expect(trained({ schedule: () => Number.NaN })).rejects.toThrow(/no factor[\s\S]*update 1/)
})

test('class weights: a class that counts nothing teaches nothing; balanced counts by rarity', async () => {
  const frozen = { loss: rateLoss(), validation: 'none' as const }
  const one = await trained({ ...frozen, classWeights: [1, 1, 1] })
  expect(one.values).toEqual((await trained(frozen)).values)
  expect((await trained({ ...frozen, classWeights: 'balanced' })).values).toEqual(one.values)
  expect((await trained({ ...frozen, classWeights: [2, 1, 1] })).values).not.toEqual(one.values)
  await expect(trained({ classWeights: [1, 2] })).rejects.toThrow(/fit the classes[\s\S]*3 numbers[\s\S]*1, 2/)
  await expect(trained({ loss: byHand, classWeights: 'balanced' })).rejects.toThrow(/your own loss/)
})

test('early stopping ends a run that gets no better, and the best epoch counts', async () => {
  // Nothing is learned: the first epoch stays the best.
  const still = tinyNetwork({ dropout: false, normalisation: null })
  const { result } = await trained({ epochs: 9, schedule: () => 0, earlyStopping: { patience: 2 } }, still)
  expect(result.epochs).toHaveLength(3)
  expect(result.stopped).toBe(false)
  expect(result.final).toMatchObject({ bestEpoch: 1, rule: 'best validation accuracy' })
  await expect(trained({ validation: 'none', earlyStopping: { patience: 1 } })).rejects.toThrow(/without validation/)
  await expect(trained({ earlyStopping: { patience: 0 } })).rejects.toThrow(/patience out of range/)
})
