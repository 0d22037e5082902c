import { hash32 } from '../../base/index.ts'
import type { Pass } from '../kernel-choice.ts'
import { denseForward, denseInputGradient, denseWeightGradient } from './dense-convolution.ts'
import { eventConvolution, eventInputGradientInto, eventWeightGradientInto } from './event-convolution.ts'
import { geometryOf } from './geometry.ts'
import type { CostModel, PassCost } from './kernel-choice.ts'
import type { Machine } from './machine.ts'

/** The layer that is timed: large enough to be typical, small enough to take a fraction of a second in all. */
const shape = { images: 4, size: 16, channels: 64 }
const options = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const
const rates = [0.05, 0.3] as const
const repeats = 3

/**
 * Prices of event and dense kernels on this machine, measured now on all threads: a 3x3 convolution at two rates of
 * spikes and open windows, and dense. Takes the best of a few runs, since others may use the machine too.
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
  const spikes = rates.map((rate, i) => {
    const made = tensors.make('spikes', frame)
    const bytes = tensors.bytes(made)
    const below = (bit: number, at: number) => hash32(at, 2 * i + bit) < rate * 2 ** 32
    for (let at = 0; at < bytes.length; at++) bytes[at] = (below(0, at) ? 1 : 0) | (below(1, at) ? 2 : 0)
    return made
  })
  const g = geometryOf(spikes[0], weight, options)
  const multiplyAdds = images * size * size * channels * channels * 9
  const price = (work: () => void): number => {
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < repeats; i++) {
      const start = now()
      work()
      best = Math.min(best, now() - start)
    }
    return best / multiplyAdds
  }
  const passCost = (events: (i: number) => void, dense: () => void): PassCost => {
    const [low, high] = rates.map((_, i) => price(() => events(i)))
    const perRate = Math.max(0, (high - low) / (rates[1] - rates[0]))
    return { fixed: Math.max(0, low - perRate * rates[0]), perRate, dense: price(dense) }
  }
  const model: { [P in Pass]: PassCost } = {
    forward: passCost(
      (i) => eventConvolution(m, g, spikes[i], weight, null, null, output, false),
      () => denseForward(m, g, spikes[1], weight, null, output),
    ),
    'weight gradient': passCost(
      (i) => eventWeightGradientInto(m, g, spikes[i], gradient, result),
      () => denseWeightGradient(m, g, spikes[1], gradient, result),
    ),
    'input gradient': passCost(
      (i) => eventInputGradientInto(m, g, spikes[i], weight, gradient, input),
      () => denseInputGradient(m, g, weight, gradient, input),
    ),
  }
  for (const tensor of [gradient, output, input, weight, result, ...spikes]) tensors.release(tensor)
  return model
}
