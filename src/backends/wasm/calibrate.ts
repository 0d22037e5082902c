import type { Pass } from '../kernel-choice.ts'
import { calibrateTiles } from './calibrate-tiles.ts'
import { denseForward, denseInputGradient, denseWeightGradient } from './dense-convolution.ts'
import { eventForwardInto } from './event-forward.ts'
import { eventInputGradientInto } from './event-input-gradient.ts'
import { eventWeightGradientInto } from './event-weight-gradient.ts'
import { geometryOf } from './geometry.ts'
import type { CostModel, PassCost } from './kernel-choice.ts'
import type { Machine } from './machine.ts'
import { bestSeconds } from './measure.ts'
import { randomSpikes } from './random-spikes.ts'
import { tileOf } from './tiles.ts'

/** The layer that is timed: large enough to be typical, small enough to take a fraction of a second in all. */
const shape = { images: 4, size: 16, channels: 64 }
const options = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const
const rates = [0.05, 0.3] as const

/**
 * Prices of event and dense kernels on this machine, measured now on all threads: a 3x3 convolution at two rates of
 * spikes and open windows, and dense; and which tiles are best.
 * @param now seconds
 */
export function calibrate(m: Machine, now: () => number): CostModel {
  const { images, size, channels } = shape
  const { tensors } = m
  const frame = [1, images, size, size, channels]
  const [gradient, output, input] = [0, 1, 2].map(() => tensors.make('dense', frame))
  const weight = tensors.make('dense', [3, 3, channels, channels])
  const result = tensors.make('dense', [3, 3, channels, channels])
  for (const zeroed of [gradient, weight]) m.zero(zeroed)
  const spikes = rates.map((rate, i) => randomSpikes(m, frame, rate, i))
  const g = geometryOf(spikes[0], weight, options)
  const multiplyAdds = images * size * size * channels * channels * 9
  const tiles = calibrateTiles(m, now)
  const price = (work: () => void): number => bestSeconds(now, work) / multiplyAdds
  const passCost = (pass: Pass, events: (i: number, tile: number) => void, dense: () => void): PassCost => {
    const [low, high] = rates.map((rate, i) => price(() => events(i, tileOf(pass, g, rate, tiles))))
    const perRate = Math.max(0, (high - low) / (rates[1] - rates[0]))
    return { fixed: Math.max(0, low - perRate * rates[0]), perRate, dense: price(dense) }
  }
  const passes: { [P in Pass]: PassCost } = {
    forward: passCost(
      'forward',
      (i, tile) => eventForwardInto(m, g, spikes[i], weight, null, null, output, tile, false),
      () => denseForward(m, g, spikes[1], weight, null, output),
    ),
    'weight gradient': passCost(
      'weight gradient',
      (i, tile) => eventWeightGradientInto(m, g, spikes[i], gradient, result, tile),
      () => denseWeightGradient(m, g, spikes[1], gradient, result),
    ),
    'input gradient': passCost(
      'input gradient',
      (i, tile) => eventInputGradientInto(m, g, spikes[i], weight, gradient, input, tile),
      () => denseInputGradient(m, g, weight, gradient, input),
    ),
  }
  for (const tensor of [gradient, output, input, weight, result, ...spikes]) tensors.release(tensor)
  return { passes, tiles }
}
