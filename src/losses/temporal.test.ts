import { describe, expect, it } from 'vitest'
import { lossValues } from '../backends/loss-values.ts'
import { hashedUniform } from '../base/index.ts'
import { type Loss, oneHot } from './losses.ts'
import { firstSpikeLoss, membraneRegressionLoss, vanRossumDistance, vanRossumLoss } from './temporal.ts'

const batch = { labels: [2, 0], targets: oneHot([2, 0], 3), T: 4, N: 2, classes: 3 }
const size = batch.T * batch.N * batch.classes
const spikes = (rows: readonly string[]) => Float64Array.from(rows.join(''), Number)

function evaluated(loss: Loss, outputs: ArrayLike<number>): { value: number; gradient: ArrayLike<number> } {
  if (loss.own) return loss.own(Float64Array.from(outputs), batch)
  const shape = [batch.T, batch.N, batch.classes]
  const targets = { shape: [batch.N, batch.classes], values: loss.targets(batch.labels, batch.classes) }
  return lossValues({ shape, values: Float64Array.from(outputs) }, targets, loss.options(batch.T))
}

it.each([
  ['first spike', firstSpikeLoss({ scale: 1.5 })],
  ['van Rossum', vanRossumLoss({ tau: 3 })],
  ['membrane regression', membraneRegressionLoss({ on: 2, off: -1 })],
])('the gradient of %s is that of differences', (_, loss) => {
  const outputs = hashedUniform(size, 5).map((value) => 0.1 + 0.8 * value)
  const { gradient } = evaluated(loss, outputs)
  const h = 1e-5
  for (let i = 0; i < size; i++) {
    const moved = (by: number) =>
      evaluated(
        loss,
        outputs.map((value, j) => (i === j ? value + by : value)),
      ).value
    expect(Math.abs(gradient[i] - (moved(h) - moved(-h)) / (2 * h))).toBeLessThan(1e-8)
  }
})

describe('the loss of first spikes', () => {
  it('is the cross entropy of the steps of first spikes', () => {
    // Classes fire first at 1, 3, 0 and never, 2, 2.
    const outputs = spikes(['001000', '100000', '000011', '110010'])
    const of = (times: readonly number[], label: number) =>
      times[label] + Math.log(times.reduce((sum, t) => sum + Math.exp(-t), 0))
    expect(evaluated(firstSpikeLoss(), outputs).value).toBeCloseTo((of([1, 3, 0], 2) + of([4, 2, 2], 0)) / 2, 12)
  })

  it('makes the label fire earlier, and the others later, also where nothing fires', () => {
    const { gradient } = evaluated(firstSpikeLoss(), new Float64Array(size))
    expect(gradient[2]).toBeLessThan(0)
    expect(gradient[0]).toBeGreaterThan(0)
    expect(Math.abs(gradient[2])).toBeGreaterThan(Math.abs(gradient[size - 4]))
  })

  it('refuses a scale of 0', () => {
    expect(() => firstSpikeLoss({ scale: 0 })).toThrow(/scale of the first-spike loss is out of range/)
  })
})

describe('van Rossum', () => {
  it('knows the distance of one spike from none: half, for a kernel that has time to decay', () => {
    const one = new Float64Array(4000)
    one[0] = 1
    const tau = 200
    const { value } = vanRossumDistance(one, new Float64Array(4000), 4000, tau)
    expect(value).toBeCloseTo(1 / (tau * (1 - Math.exp(-2 / tau))), 12)
    expect(value).toBeCloseTo(0.5, 2)
  })

  it('is 0 for the trains that it wants', () => {
    const loss = vanRossumLoss({ correct: 0.5, incorrect: 0 })
    const wanted = spikes(['000000', '001100', '000000', '001100'])
    expect(evaluated(loss, wanted).value).toBe(0)
    expect(evaluated(loss, spikes(['001100', '000000', '001100', '000000'])).value).toBeGreaterThan(0.01)
  })

  it('refuses trains of unlike sizes and rates beyond 1', () => {
    expect(() => vanRossumDistance([1, 2], [1], 1, 2)).toThrow(/unlike sizes/)
    expect(() => vanRossumLoss({ correct: 2 })).toThrow(/out of range/)
  })
})

it('membrane regression is the mean squared distance at every step', () => {
  const outputs = hashedUniform(size, 6)
  const wanted = Array.from({ length: size }, (_, i) => {
    const [n, k] = [Math.floor(i / 3) % 2, i % 3]
    return batch.labels[n] === k ? 1 : 0
  })
  const expected = outputs.reduce((sum, value, i) => sum + (value - wanted[i]) ** 2, 0) / size
  expect(evaluated(membraneRegressionLoss(), outputs).value).toBeCloseTo(expected, 12)
})
