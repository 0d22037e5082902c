import { describe, expect, test } from 'vitest'
import { createInterpreter } from '../backends/index.ts'
import {
  accuracy,
  confusionMatrix,
  type Loss,
  membraneLoss,
  oneHot,
  predictions,
  rateLoss,
  softHits,
  softTargets,
  spikeCountLoss,
  summedLogits,
  tetLoss,
  topK,
} from './index.ts'

const logits = [2, 0, 1, -1, 0.5, 3]
const softmaxLoss = (row: number[], label: number) =>
  Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - row[label]

/** Value of a loss for T = 2 steps of one sample with 3 classes. */
async function lossOf(rule: Loss, label: number): Promise<number> {
  const backend = createInterpreter()
  const targets = backend.tensor([1, 3], rule.targets([label], 3))
  return (await backend.read(backend.loss(backend.tensor([2, 1, 3], logits), targets, rule.options(2)).loss))[0]
}

describe('losses', () => {
  test('paper: cross entropy of each step, and logits drawn to 1', async () => {
    const entropy = (softmaxLoss([2, 0, 1], 2) + softmaxLoss([-1, 0.5, 3], 2)) / 2
    const error = logits.reduce((sum, value) => sum + (value - 1) ** 2, 0) / 6
    expect(await lossOf(tetLoss(), 2)).toBeCloseTo(0.95 * entropy + 0.05 * error, 12)
  })

  test('paper, drawn to the one-hot target', async () => {
    const entropy = (softmaxLoss([2, 0, 1], 2) + softmaxLoss([-1, 0.5, 3], 2)) / 2
    const error = logits.reduce((sum, value, i) => sum + (value - (i % 3 === 2 ? 1 : 0)) ** 2, 0) / 6
    expect(await lossOf(tetLoss({ to: 'oneHot', lambda: 0.2 }), 2)).toBeCloseTo(0.8 * entropy + 0.2 * error, 12)
  })

  test('rate: cross entropy of the mean, with label smoothing', async () => {
    const mean = [0.5, 0.25, 2]
    expect(await lossOf(rateLoss(), 0)).toBeCloseTo(softmaxLoss(mean, 0), 12)
    const each = [0, 1, 2].map((label) => softmaxLoss(mean, label))
    const smooth = 0.9 * each[0] + (0.1 * (each[0] + each[1] + each[2])) / 3
    expect(await lossOf(rateLoss({ smoothing: 0.1 }), 0)).toBeCloseTo(smooth, 12)
  })

  test('spike count: sums drawn to .8 and .2 of T', async () => {
    const error = ((1 - 1.6) ** 2 + (0.5 - 0.4) ** 2 + (4 - 0.4) ** 2) / 3
    expect(await lossOf(spikeCountLoss(), 0)).toBeCloseTo(error, 12)
  })

  test('membrane: the largest or the last potential', async () => {
    expect(await lossOf(membraneLoss(), 1)).toBeCloseTo(softmaxLoss([2, 0.5, 3], 1), 12)
    expect(await lossOf(membraneLoss({ read: 'last' }), 1)).toBeCloseTo(softmaxLoss([-1, 0.5, 3], 1), 12)
  })

  test('a label out of range is refused', () => {
    expect(() => oneHot([0, 3], 3)).toThrow(/0\.\.2/)
  })
})

describe('mixed samples', () => {
  const mix = { others: [0, 2], own: [0.75, 0.5] }

  test('targets are mixed as the labels are, after smoothing', async () => {
    const targets = softTargets(tetLoss(), { labels: [1, 1], mix }, 3)
    expect([...targets]).toEqual([0.25, 0.75, 0, 0, 0.5, 0.5])
    const smooth = softTargets(rateLoss({ smoothing: 0.3 }), { labels: [1, 1], mix }, 3)
    expect([...smooth.subarray(0, 3)].map((value) => value.toFixed(6))).toEqual(['0.275000', '0.625000', '0.100000'])
    expect(softTargets(tetLoss(), { labels: [1] }, 3)).toEqual(oneHot([1], 3))
  })

  test('the loss of a mixed sample is that of both labels, by their shares', async () => {
    const backend = createInterpreter()
    const targets = softTargets(rateLoss(), { labels: [1], mix: { others: [2], own: [0.3] } }, 3)
    const values = backend.tensor([2, 1, 3], logits)
    const found = backend.loss(values, backend.tensor([1, 3], targets), rateLoss().options(2))
    const mean = [0.5, 0.25, 2]
    const expected = 0.3 * softmaxLoss(mean, 1) + 0.7 * softmaxLoss(mean, 2)
    expect((await backend.read(found.loss))[0]).toBeCloseTo(expected, 12)
  })

  test('hits count the share of the label that was predicted', () => {
    const scores = [0, 2, 1, 0, 1, 5]
    expect(softHits(scores, { labels: [1, 1] }, 3)).toBe(1)
    expect(softHits(scores, { labels: [1, 1], mix: { others: [0, 2], own: [0.75, 0.4] } }, 3)).toBeCloseTo(1.35, 12)
    expect(softHits(scores, { labels: [1, 2], mix: { others: [1, 2], own: [0.2, 0.4] } }, 3)).toBeCloseTo(2, 12)
  })
})

describe('metrics', () => {
  const scores = [1, 3, 2, 5, 5, 0, 0, 1, 2]

  test('predictions take the first of equal scores', () => {
    expect(Array.from(predictions(scores, 3))).toEqual([1, 0, 2])
    expect(Array.from(summedLogits(logits, 2))).toEqual([1, 0.5, 4])
  })

  test('accuracy and top-k agree with predictions', () => {
    expect(accuracy(scores, [1, 1, 2], 3)).toBeCloseTo(2 / 3, 12)
    expect(topK(scores, [2, 1, 0], 3, 2)).toBeCloseTo(2 / 3, 12)
    expect(topK(scores, [2, 1, 0], 3, 3)).toBe(1)
  })

  test('the confusion matrix has a row for each label', () => {
    expect(Array.from(confusionMatrix(scores, [1, 1, 2], 3))).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 1])
  })
})
