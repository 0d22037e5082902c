import { record, type Scope } from '../autograd/index.ts'
import { sizeOf, UsageError } from '../base/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * What is added to a loss for how layers of neurons fire. With r the spikes per neuron and step of a layer (of a neuron, for
 * `silent`), divided by the most spikes of a step where neurons count several:
 *
 *     rate     weight (r - target)^2
 *     rate-l1  weight |r - target|
 *     rate-kl  weight (target ln(target / r) + (1 - target) ln((1 - target) / (1 - r)))
 *     silent   weight mean over neurons of max(0, target - r)^2
 *
 * summed over all layers of spiking neurons.
 * @see Zenke and Vogels 2021 (rate); Bellec et al. 2018 (rate targets); Pellegrini et al. 2021 (silence)
 */
export interface Regulariser {
  readonly kind: 'rate' | 'rate-l1' | 'rate-kl' | 'silent'
  /** Spikes per neuron and step, in 0..1. */
  readonly target: number
  readonly weight: number
}

export const regulariserKinds = ['rate', 'rate-l1', 'rate-kl', 'silent'] as const

/** Rates nearer to 0 or 1 than this count as that near, so that the divergence stays finite. */
const nearest = 1e-4

/** Value and slope at a rate. */
const rules: { readonly [kind in Regulariser['kind']]: (r: number, target: number) => [number, number] } = {
  rate: (r, target) => [(r - target) ** 2, 2 * (r - target)],
  'rate-l1': (r, target) => [Math.abs(r - target), Math.sign(r - target)],
  'rate-kl': (rate, target) => {
    const r = Math.min(1 - nearest, Math.max(nearest, rate))
    const part = (p: number, q: number) => (p === 0 ? 0 : p * Math.log(p / q))
    return [part(target, r) + part(1 - target, 1 - r), (r - target) / (r * (1 - r))]
  },
  silent: (r, target) => [Math.max(0, target - r) ** 2, -2 * Math.max(0, target - r)],
}

/** @throws UsageError for an unknown kind, a target outside of 0..1, or a weight that is not above 0 */
export function checkRegularisers(regularisers: readonly Regulariser[]): void {
  for (const { kind, target, weight } of regularisers) {
    if (regulariserKinds.includes(kind) && target >= 0 && target <= 1 && weight > 0 && Number.isFinite(weight)) continue
    throw new UsageError({
      what: 'training: a regulariser out of range',
      expected: `a kind of ${regulariserKinds.join(', ')}, a target from 0 to 1, a weight above 0`,
      got: `${kind}, target ${target}, weight ${weight}`,
    })
  }
}

/** A regulariser of its text: `rate:0.1:1e-3`. */
export function regulariserOf(text: string): Regulariser {
  const [kind, target, weight] = text.split(':')
  return { kind: kind as Regulariser['kind'], target: Number(target), weight: Number(weight) }
}

/** A layer's output in a pass, and the most spikes of one value. */
export interface LayerOutput {
  readonly output: Tensor
  readonly levels: number
}

/**
 * The loss and what regularisers add to it, [1], on the tape. It waits for the layers' spikes to be counted.
 * @param gradientScale what gradients are multiplied by on the way back
 */
export async function regularised(
  scope: Scope,
  loss: Tensor,
  layers: readonly LayerOutput[],
  regularisers: readonly Regulariser[],
  gradientScale = 1,
): Promise<Tensor> {
  const { backend } = scope
  const spiking = layers.filter(({ levels }) => levels > 0)
  if (regularisers.length === 0 || spiking.length === 0) return loss
  const sums = spiking.map(({ output }) => backend.sumSteps(output.handle))
  const [[own], ...counts] = await Promise.all([loss.handle, ...sums].map((handle) => backend.read(handle)))
  for (const sum of sums) backend.release(sum)
  const shares = spiking.map((layer, k) => shareOf(layer, counts[k], regularisers, gradientScale))
  const [result] = record(scope, {
    name: 'regularisers',
    inputs: [loss, ...spiking.map(({ output }) => output)],
    outputs: [backend.tensor([1], Float64Array.of(shares.reduce((sum, { value }) => sum + value, own)))],
    backward: ([g]) => [g, ...spiking.map(({ output }, k) => backend.tensor(output.shape, shares[k].gradient()))],
  })
  return result
}

/** What a layer adds, and how that grows with each of its values. @param counts spikes of each place, [N, ...] */
function shareOf(
  { output, levels }: LayerOutput,
  counts: ArrayLike<number>,
  regularisers: readonly Regulariser[],
  scale: number,
) {
  const [T, N, ...frame] = output.shape
  const neurons = sizeOf(frame)
  const each = new Float64Array(neurons)
  for (let i = 0; i < counts.length; i++) each[i % neurons] += counts[i] / (T * N * levels)
  const mean = each.reduce((sum, rate) => sum + rate, 0) / neurons
  const slopes = new Float32Array(neurons)
  let value = 0
  for (const { kind, target, weight } of regularisers) {
    // A value of the layer moves the mean of its neuron by 1 / (T N levels), and that of the layer by a share of it.
    const one = (scale * weight) / (T * N * levels * neurons)
    if (kind === 'silent') {
      each.forEach((rate, i) => {
        const [silence, slope] = rules.silent(rate, target)
        value += (weight * silence) / neurons
        slopes[i] += one * slope
      })
      continue
    }
    const [distance, slope] = rules[kind](mean, target)
    value += weight * distance
    for (let i = 0; i < neurons; i++) slopes[i] += one * slope
  }
  return { value, gradient: () => Float32Array.from({ length: T * N * neurons }, (_, i) => slopes[i % neurons]) }
}
